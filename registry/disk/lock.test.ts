import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockFolder } from './lock.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('lockFolder', () => {
  it('says which process has the folder', async () => {
    const lock = await lockFolder(folder);
    await expect(lockFolder(folder)).rejects.toThrow(`process ${process.pid}`);
    await lock.release();
  });

  it('is free again after release', async () => {
    await (await lockFolder(folder)).release();
    const lock = await lockFolder(folder);
    expect((await readFile(join(folder, 'lock'), 'utf8')).trim()).toBe(String(process.pid));
    await lock.release();
  });

  it.skipIf(process.getuid?.() !== 0)('needs no room on the disk', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
    try {
      await writeFile(join(folder, 'other'), Buffer.alloc(64 << 10));
      const lock = await lockFolder(folder);
      await expect(lockFolder(folder)).rejects.toMatchObject({ code: 'DATA_FOLDER_UNUSABLE' });
      await lock.release();
    } finally {
      execFileSync('umount', [folder]);
    }
  });

  it('goes to one of many that ask at once', async () => {
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => lockFolder(folder)));
    const locks = results.filter((result) => result.status === 'fulfilled');
    expect(locks).toHaveLength(1);
    await locks[0]?.value.release();
  });

  it('takes no notice of a file that a killed process left, whoever has its number now', async () => {
    await writeFile(join(folder, 'lock'), `${process.ppid}\n`);
    await (await lockFolder(folder)).release();
  });

  /** What holds the lock on Linux, one or the other of its two sockets, held by another process. */
  const sockets: [what: string, script: string][] = [
    ['a process of this network', 'const {dev,ino}=fs.statSync(folder); listen(`\\0berth-${dev}-${ino}`)'],
    ['a container with a network of its own', 'listen(folder+"/lock.socket")'],
  ];

  it.skipIf(process.platform !== 'linux').each(sockets)('sees %s, and its end', async (_, script) => {
    const listen = 'const listen=(at)=>require("net").createServer().listen(at,()=>console.log("held"))';
    const prelude = `const fs=require("fs"), folder=process.argv[1]; ${listen};`;
    const other = spawn(process.execPath, ['-e', prelude + script, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(other.stdout, 'data');
    await expect(lockFolder(folder)).rejects.toMatchObject({ code: 'DATA_FOLDER_UNUSABLE' });
    other.kill('SIGKILL');
    await once(other, 'exit');
    await (await lockFolder(folder)).release();
  });
});
