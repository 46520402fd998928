import { appendFile, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf, MANIFEST } from './content.mjs';
import { Violation } from './protocol.mjs';

const SEGMENT = /^\d{8}\.log$/;

/**
 * Damages the journal of a registry that is at rest, lets `berth repair` loose on it, and holds it to every
 * promise: all of what was acknowledged can be proven from what is left.
 *
 * @param {import('./rig.mjs').Rig} rig
 * @param {import('./random.mjs').Random} random
 * @param {object} [library] options of the registry
 */
export async function damageAndRepair(rig, random, library) {
  const { server } = rig;
  await rig.stop();
  const damage = await damageJournal(server.data, random);
  rig.tell(`damage the journal: ${damage.what}`);
  if (damage.isLostEnd && random.chance(0.5)) await leaveInPart(server.data, random);
  // Whoever has no idea of it starts the server first. It may heal that, or refuse, and loses nothing by it.
  if (random.chance(0.3) && (await server.start({ library, power: true }))) {
    rig.tell('the server starts all the same');
    await rig.stop();
  }
  // One that is killed at its end has said to nobody where it has put what no record explains.
  if (random.chance(0.3) && !damage.isLostEnd) {
    const plan = { action: random.pick(['kill-before', 'kill-after']), at: random.between(1, 40) };
    rig.tell(`repair with ${JSON.stringify(plan)}: ${(await server.repair({ plan })).code}`);
  }
  const rebuilt = await repair(rig, damage);
  await rig.start(library);
  const isInPart = await putAway(rig, rebuilt);
  await (isInPart ? rig.reclaim(true) : rig.checkStarted());
  await rig.verify();
}

/** As an import that nobody was told of, of whose names a power cut kept some and not others. */
async function leaveInPart(data, random) {
  const [config, layer] = [64, 1000].map((size) => ({
    mediaType: 'application/octet-stream',
    digest: digestOf(random.bytes(size)),
    size,
  }));
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers: [layer] });
  const path = join(data, 'blobs', ...digestOf(Buffer.from(manifest)).split(':'));
  await writeFile(path, manifest, { mode: 0o444 });
}

/** @returns {Promise<{ what: string, path: string, before: Buffer, isLostEnd?: boolean }>} */
export async function damageJournal(data, random) {
  const folder = join(data, 'journal');
  const names = (await readdir(folder)).filter((name) => SEGMENT.test(name)).sort();
  const checkpoint = (await readdir(folder)).find((name) => name === 'checkpoint.json');
  const closed = names.slice(0, -1);
  const kinds = [
    'tail',
    'lines',
    ...(closed.length > 0 ? ['flip', 'flip'] : []),
    ...(checkpoint === undefined ? [] : ['cut', 'remove']),
  ];
  const kind = random.pick(kinds);
  const last = names.at(-1) ?? '';
  const name = { flip: random.pick(closed), tail: last, lines: last }[kind] ?? checkpoint;
  const path = join(folder, name);
  const before = await readFile(path);
  await DAMAGES[kind](path, before, random);
  return { what: `${kind} ${name}`, path, before, isLostEnd: kind === 'lines' || kind === 'tail' };
}

const DAMAGES = {
  flip: async (path, bytes, random) => {
    const flipped = Buffer.from(bytes);
    flipped[random.between(0, bytes.length - 1)] ^= 1 << random.between(0, 7);
    await writeFile(path, flipped);
  },
  tail: (path, _, random) => appendFile(path, random.bytes(random.between(1, 500))),
  lines: (path) => appendFile(path, 'garbage\n01234567 {"seq":1}\n'),
  cut: (path, bytes, random) => truncate(path, random.between(0, bytes.length - 1)),
  remove: (path) => rm(path),
};

/** @returns {Promise<any>} what the report says of the new journal, if it made one, and of `missing` content */
export async function repair(rig, { what, path, before, isLostEnd }) {
  const { code, stdout, stderr } = await rig.server.repair();
  rig.tell(`repair: ${code} ${stdout}${stderr}`);
  if (code !== 0 && /later version|newer/i.test(stderr)) {
    // A flipped bit can make a segment look like one of a later format, and such is not touched.
    await writeFile(path, before);
    return undefined;
  }
  if (code !== 0) throw new Violation(`repair of ${what} ended with ${code}: ${stderr}`);
  const { problems, rebuilt, missing } = JSON.parse(stdout);
  const placed = new Set((rebuilt?.placed ?? []).map(({ repository, digest }) => `${repository}@${digest}`));
  const lacking = missing.filter(({ dependents }) => !dependents.every((each) => placed.has(each)));
  if (lacking.length > 0) throw new Violation(`repair of ${what} lacks ${JSON.stringify(lacking)}`);
  if (rebuilt === undefined) {
    if (problems.length > 0) throw new Violation(`repair of ${what} saw ${problems}, and did nothing`);
    return undefined;
  }
  const { lost, unreadable } = rebuilt;
  if (unreadable.length > 0)
    throw new Violation(`repair of ${what} cannot read ${JSON.stringify(unreadable)}`);
  // Of lines behind the last whole record nobody can know that they never were records.
  if (lost.length > 0 && !isLostEnd) throw new Violation(`repair of ${what} lost ${JSON.stringify(lost)}`);
  const again = await rig.server.repair();
  if (again.code !== 0 || JSON.parse(again.stdout).problems.length > 0) {
    throw new Violation(`a second repair found ${again.stdout}${again.stderr}`);
  }
  return { ...rebuilt, missing };
}

/**
 * What no record explains is for its owner to delete.
 *
 * @returns {Promise<boolean>} whether some of it is there in part, and stays so until the trash is emptied
 */
async function putAway({ server, checker }, rebuilt) {
  await removeAside(server.data);
  for (const { repository, digest } of rebuilt?.placed ?? []) {
    const path = `/v2/${repository}/manifests/${digest}`;
    const { status } = await checker.send('DELETE', path);
    if (status !== 202 && status !== 404) throw new Violation(`DELETE ${path} answered ${status}`);
  }
  return (rebuilt?.missing ?? []).length > 0;
}

/** The journal as it was before a repair. */
export async function removeAside(data) {
  for (const name of await readdir(data)) {
    if (name.startsWith('journal.damaged-')) await rm(join(data, name), { recursive: true });
  }
}
