import { gzipSync } from 'node:zlib';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBerth, type Berth } from '../clients/berth.ts';
import { content, GZIP_LAYER, imageOf, indexOf } from '../clients/image.ts';
import { Repository } from '../clients/repository.ts';
import { attempt, type Output } from '../clients/run.ts';
import { digestOf } from '../domain/layers.ts';
import { tarBytes, type Member } from '../domain/tar.ts';

const BIN = resolve(import.meta.dirname, '../../registry/cli/bin.cjs');

describe('berth layers and berth files', () => {
  let berth: Berth;
  beforeAll(async () => {
    berth = await startBerth();
    const repository = new Repository(berth, 'app');
    await repository.push(
      image([[file('etc/a', 'one'), file('etc/b\u001b[31m', 'two')], [file('etc/a', 'changed')]]),
      'v1',
    );
    await repository.push(
      image([Array.from({ length: 100_000 }, (_, index) => file(`d${index % 100}/f${index}`))]),
      'large',
    );
    const platforms = ['s390x', 'riscv64'].map((architecture) => ({ os: 'linux', architecture }));
    await repository.push(
      indexOf(platforms.map((platform) => image([[file(platform.architecture)]], platform))),
      'many',
    );
  }, 120_000);
  afterAll(() => berth.dispose());

  function file(path: string, text = ''): Member {
    return { path, content: text };
  }
  function image(
    layers: Member[][],
    platform?: { os: string; architecture: string },
  ): ReturnType<typeof imageOf> {
    const contents = layers.map((members) => {
      const bytes = gzipSync(tarBytes(members), { level: 1 });
      return { ...content(GZIP_LAYER, bytes), diffId: digestOf(bytes) };
    });
    return imageOf({ layers: contents, ...(platform === undefined ? {} : { platform }) });
  }
  const cli = async (...args: string[]): Promise<Output> =>
    await attempt(process.execPath, [BIN, ...args], { env: { BERTH_URL: berth.url } });
  const shell = async (command: string): Promise<Output> =>
    await attempt('bash', ['-c', `set -o pipefail; ${command}`], { env: { BERTH_URL: berth.url, BIN } });

  it('says of each layer what it did and wastes', async () => {
    const { stdout, stderr } = await cli('layers', 'app:v1');
    expect(stderr).toBe('');
    expect(
      stdout.split('\n').map((line) => line.replace(/ +/g, ' ').replace(/[0-9a-f]{12}/, 'DIGEST')),
    ).toEqual([
      ' DIGEST STORED FILES + ~ - WASTED COMMAND',
      expect.stringMatching(/^1 DIGEST \d+ B 6 B 3 0 0 3 B a test$/),
      expect.stringMatching(/^2 DIGEST \d+ B 7 B 0 1 0 0 B a test$/),
      '3 B are wasted: in the image, and seen by nobody.',
      '',
    ]);
  });

  it('lists the image, a folder of it, an earlier layer, and what a layer changed', async () => {
    const all = await cli('files', 'app:v1');
    expect(all.stdout.split('\n').map((line) => line.split(' ').at(-1))).toEqual([
      '/etc',
      '/etc/a',
      // Nothing of an image steers the terminal.
      '/etc/b\ufffd[31m',
      '',
    ]);
    expect((await cli('files', 'app:v1', '/etc', '--layer', '1')).stdout).toMatch(
      /^-rw-r--r-- 0:0 +3 .* \/etc\/a$/m,
    );
    expect((await cli('files', 'app:v1', '--changes')).stdout).toMatch(/^~ -rw-r--r-- 0:0 +7 .* \/etc\/a\n$/);
    const { stdout } = await cli('files', 'app:v1', '--json');
    expect(JSON.parse(stdout)).toMatchObject([{ path: '/etc' }, { path: '/etc/a', change: 'modified' }, {}]);
  });

  it('lists 100,000 files, and stops without a word when its reader has enough', async () => {
    const all = await shell('node "$BIN" files app:large | wc -l');
    expect(all).toMatchObject({ stdout: '100100\n', stderr: '', code: 0 });
    const some = await shell('node "$BIN" files app:large | head -2 | wc -l');
    expect(some).toMatchObject({ stdout: '2\n', stderr: '', code: 0 });
  });

  it('takes the platform that it is told, and names those that there are', async () => {
    const one = await cli('files', 'app:many', '--platform', 'linux/riscv64');
    expect(one.stdout).toMatch(/ \/riscv64\n$/);
    const none = await cli('layers', 'app:many');
    expect(none).toMatchObject({ code: 1, stdout: '' });
    expect(none.stderr).toContain('--platform linux/s390x\n  --platform linux/riscv64');
  });

  it('says what is wrong', async () => {
    expect(await cli('files', 'app:v1', '/nothing')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no /nothing') as string,
    });
    expect(await cli('files', 'app:v1', '--layer', '3')).toMatchObject({
      code: 1,
      stderr: 'The image has only 2 layers.\n',
    });
    expect((await cli('files', 'app:v1', '--layer', '0')).stderr).toContain('a number from 1 on');
  });
});
