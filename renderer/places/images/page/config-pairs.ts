import type { ImageConfig } from '../../../../registry/api/contract.ts';

type Pair = readonly [name: string, value: string];

/** What a config says about running, without what it leaves empty. */
export function configPairs(config: ImageConfig): readonly Pair[] {
  const all: readonly Pair[] = [
    ['Entrypoint', argumentList(config.entrypoint)],
    ['Command', argumentList(config.cmd)],
    ['Working folder', config.workingDir],
    ['User', config.user],
    ['Ports', config.exposedPorts.join('  ')],
    ['Volumes', config.volumes.join('  ')],
    ['Stop signal', config.stopSignal],
  ];
  return all.filter(([, value]) => value !== '');
}

/** `PATH=/bin` in its halves; a value may hold further `=`. */
export function envPairs(env: readonly string[]): readonly Pair[] {
  return env.map((entry) => {
    const at = entry.indexOf('=');
    return at === -1 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)];
  });
}

/** As JSON where a space would make two arguments of one. */
function argumentList(list: readonly string[]): string {
  return list.some((each) => /[\s"']/.test(each)) ? JSON.stringify(list) : list.join(' ');
}
