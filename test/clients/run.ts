import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export interface Output {
  stdout: string;
  stderr: string;
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface RunOptions {
  env?: Record<string, string>;
  cwd?: string;
  timeoutMs?: number;
  /** Called with the running process, for a test that ends it halfway. */
  started?: (process: ChildProcess) => void;
}

const DEFAULT_TIMEOUT_MS = 60_000;

/** Runs a command to its end and returns what it printed, whatever its exit code. Kills it when time is up. */
export async function attempt(command: string, args: string[], options: RunOptions = {}): Promise<Output> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  options.started?.(child);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const timer = setTimeout(() => {
    stderr += `\nkilled after ${timeoutMs} ms`;
    child.kill('SIGKILL');
  }, timeoutMs);
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    return { stdout, stderr, code, signal };
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a command that must succeed, and returns its standard output. */
export async function run(command: string, args: string[], options: RunOptions = {}): Promise<string> {
  const output = await attempt(command, args, options);
  if (output.code === 0) return output.stdout;
  const ending = output.signal ?? `exit code ${output.code}`;
  throw new Error(`${command} ${args.join(' ')}: ${ending}\n${output.stdout}${output.stderr}`);
}
