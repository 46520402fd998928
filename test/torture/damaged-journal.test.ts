import { cp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RegistryError } from '../../registry/error.ts';
import { repairDataFolder } from '../../registry/repair/repair.ts';
import { seeded } from '../clients/random.ts';
import { FilledFolder } from '../filled-folder.ts';

const ROUNDS = Number(process.env['BERTH_DAMAGE_ROUNDS'] ?? 30);
const SEED = Number(process.env['BERTH_DAMAGE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

describe('a journal that was damaged at random', () => {
  const random = seeded(SEED);
  let folder: FilledFolder;

  beforeAll(async () => {
    console.log(`damage test: seed ${SEED}, ${ROUNDS} rounds (BERTH_DAMAGE_SEED, BERTH_DAMAGE_ROUNDS)`);
    folder = await FilledFolder.create({ checkpoint: true });
    await cp(folder.path, `${folder.path}-whole`, { recursive: true });
  });
  afterAll(async () => {
    await rm(`${folder.path}-whole`, { recursive: true });
    await folder.remove();
  });

  const below = (limit: number): number => Math.floor(random() * limit);

  /** Each takes the file, its bytes, and another file of the journal. */
  const damages: ((path: string, bytes: Buffer, other: string) => Promise<unknown>)[] = [
    (path, bytes) => writeFile(path, withBitFlipped(withBitFlipped(bytes))),
    (path, bytes) => writeFile(path, withBitFlipped(bytes)),
    (path, bytes) => truncate(path, below(bytes.length)),
    (path) => truncate(path, 0),
    (path) => rm(path),
    (path, bytes) => {
      const from = below(bytes.length);
      return writeFile(path, Buffer.from(bytes).fill(0, from, Math.min(bytes.length, from + below(600))));
    },
    (path, bytes) => {
      const middle = below(bytes.length);
      const parts = [bytes.subarray(0, middle), Buffer.from('garbage\n{"x":1}\n'), bytes.subarray(middle)];
      return writeFile(path, Buffer.concat(parts));
    },
    (path, bytes) => writeFile(path, Buffer.concat([bytes, bytes])),
    async (path, _, other) => {
      if (path === other) return;
      await rename(path, `${path}.swapped`);
      await rename(other, path);
      await rename(`${path}.swapped`, other);
    },
  ];

  function withBitFlipped(bytes: Buffer): Buffer {
    const flipped = Buffer.from(bytes);
    const at = below(bytes.length);
    if (bytes.length > 0) flipped.writeUInt8(bytes.readUInt8(at) ^ (1 << below(8)), at);
    return flipped;
  }

  async function damageSomething(): Promise<string> {
    const names = (await readdir(folder.at('journal'))).filter((name) => /\.(?:log|json)$/.test(name));
    const name = names[below(names.length)] ?? '';
    const other = names[below(names.length)] ?? '';
    const kind = below(damages.length);
    if (name === '') return 'nothing';
    await damages[kind]?.(folder.journal(name), await readFile(folder.journal(name)), folder.journal(other));
    return `${kind} ${name}`;
  }

  for (let round = 1; round <= ROUNDS; round += 1) {
    it(`has every tag again after a repair, and starts (round ${round})`, async () => {
      await rm(folder.path, { recursive: true });
      await cp(`${folder.path}-whole`, folder.path, { recursive: true });
      if (random() < 0.6) await rm(folder.journal('checkpoint.json'));
      const done: string[] = [];
      for (let count = 1 + below(3); count > 0; count -= 1) done.push(await damageSomething());

      const code = await folder.codeOfStart();
      // A flipped bit can make a segment look like one of a later version.
      if (code === 'DATA_FOLDER_UNUSABLE') return;
      const report = await repairDataFolder(folder.path).catch((error: unknown) => {
        if (!(error instanceof RegistryError) || error.code !== 'DATA_FOLDER_UNUSABLE') throw error;
      });
      if (report === undefined) return;
      const { problems, rebuilt, missing } = report;
      expect({ done, code, missing, unreadable: rebuilt?.unreadable ?? [] }).toEqual({
        done,
        code: problems.length === 0 ? 'started' : code,
        missing: [],
        unreadable: [],
      });
      const tags = await folder.tagsAfterStart();
      expect({ done, tags }).toMatchObject({ done, tags: folder.tags });
      if (rebuilt?.lost.length === 0) expect({ done, tags }).toEqual({ done, tags: folder.tags });
      expect((await repairDataFolder(folder.path)).problems).toEqual([]);
    });
  }
});
