import { cpus, release, totalmem, type } from 'node:os';
import { findTool, runTool } from '../load/tool.mjs';

/** What the figures were measured on, without anything that tells whose machine it is. */
export async function describeMachine() {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? 'unknown processor';
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  const versions = await Promise.all([
    versionOf('docker-registry', ['--version'], /(\d\S*)\s*$/),
    versionOf('nginx', ['-v'], /nginx\/(\S+)/),
    versionOf('wrk', ['-v'], /^(wrk \S+)/),
    versionOf('ab', ['-V'], /Version (\S+)/),
    versionOf('curl', ['--version'], /^curl (\S+)/),
  ]);
  return [
    `- ${processors.length} cores (${model}), ${memory} GiB of memory, ${type()} ${release().split('-')[0]}; clients and servers share them`,
    `- Node.js ${process.versions.node}${versions.filter(Boolean).join('')}`,
  ].join('\n');
}

async function versionOf(name, args, pattern) {
  const tool = findTool(name);
  if (!tool) return '';
  // nginx speaks on standard error, wrk exits with 1.
  const text = await runTool('sh', ['-c', '"$0" "$@" 2>&1 || true', tool, ...args], 10);
  const version = pattern.exec(text)?.[1]?.replace(`${name} `, '');
  return version ? `, ${name} ${version}` : '';
}
