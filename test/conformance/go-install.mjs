import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const CACHE = resolve(import.meta.dirname, '../../node_modules/.cache/berth-go-tools');
const BUILD_TIMEOUT_MS = 300_000;

const exec = promisify(execFile);

/** Types and meaning are in go-install.d.mts. */
export async function goInstall(tool, module) {
  const folder = join(CACHE, module.replaceAll(/[^a-zA-Z0-9.@-]/g, '_'));
  const path = join(folder, tool);
  if (existsSync(path)) return { path };
  try {
    await exec('go', ['version']);
  } catch {
    return { reason: `this machine has no Go to build ${tool} with`, refused: false };
  }
  mkdirSync(folder, { recursive: true });
  try {
    // -mod=mod: a GOFLAGS=-mod=vendor or -mod=readonly of the machine's would refuse `pkg@version`.
    const env = { ...process.env, GOBIN: folder, GOFLAGS: '-mod=mod' };
    await exec('go', ['install', module], { cwd: folder, env, timeout: BUILD_TIMEOUT_MS });
    return { path };
  } catch (error) {
    return explain(tool, module, String(error.stderr || error.message));
  }
}

function explain(tool, module, stderr) {
  const refusal = /\b(403 Forbidden|404 Not Found|410 Gone)\b/.exec(stderr);
  if (refusal) {
    const reason = `the Go module proxy does not hand out ${module} (${refusal[1]})`;
    return { reason, refused: true };
  }
  // The rest of the message may name the proxy's address, which belongs in no log of ours.
  const summary = stderr
    .replaceAll(/https?:\/\/[^\s"]+/g, '(address)')
    .trim()
    .split('\n')
    .at(-1);
  return { reason: `go install of ${tool} failed: ${summary}`, refused: false };
}
