import { appendFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pushAll } from './actions.mjs';
import { lift } from './budget.mjs';
import { importAll } from './carry.mjs';
import { deleteAll, retain, setTag } from './rules.mjs';
import { Failed, Violation } from './protocol.mjs';

/**
 * One thing that Berth does, in which every file call is made to go wrong, one after the other.
 *
 * @typedef {object} Scenario
 * @property {string} name
 * @property {object} [library] options of the registry
 * @property {(trial: Trial) => Promise<void>} [before] in peace
 * @property {(trial: Trial) => Promise<void>} act can be done again until it succeeds
 * @property {(trial: Trial) => Promise<void>} [after] what else must be true when it has succeeded
 * @property {number} [costs] of a trial, in trials of the others: so many times fewer are drawn
 * @property {string} [needs] an address that a server has which can do it
 * @property {'start' | 'stop' | 'repair'} [is] what is broken is the start itself, the stop, or a repair
 *
 * @typedef {{ rig: import('./rig.mjs').Rig, actor: import('./actions.mjs').Actor, image?: any }} Trial
 */

/** Each record is larger: every one closes its segment, and a checkpoint follows. */
const TINY_SEGMENTS = { segmentBytes: 100 };

/** So many that the record is applied in slices. */
const MANY_NAMES = Array.from({ length: 500 }, (_, index) => `v${index}`);

/** @type {Scenario[]} */
export const SCENARIOS = [
  {
    name: 'push an image',
    before: (trial) => push(trial, trial.actor.contents.image(trial.actor.random, 'other'), ['v0']),
    act: (trial) => push(trial, (trial.image ??= newImage(trial)), ['v1']),
  },
  {
    name: 'push an index',
    act: (trial) => push(trial, (trial.image ??= newIndex(trial)), ['v1', 'latest']),
  },
  {
    name: 'import an archive',
    needs: '/api/imports',
    before: (trial) => push(trial, newImage(trial), ['v1']),
    act: (trial) => importAll(trial.actor, trial.actor.own, (trial.image ??= newIndex(trial)), ['v1', 'v2']),
  },
  {
    name: 'import very many names',
    costs: 10,
    needs: '/api/imports',
    before: (trial) => push(trial, newImage(trial), ['v1']),
    act: (trial) => importAll(trial.actor, trial.actor.own, (trial.image ??= newIndex(trial)), MANY_NAMES),
  },
  {
    name: 'move two tags',
    before: async (trial) => {
      await push(trial, (trial.image = newImage(trial)), ['v0']);
      await push(trial, newImage(trial), ['v1', 'v2']);
    },
    act: ({ actor, image }) => actor.protocol.putManifest(actor.own, image, ['v1', 'v2'], true),
  },
  {
    name: 'delete a tag',
    before: (trial) => push(trial, newImage(trial), ['v1']),
    act: async ({ actor }) => {
      const tag = actor.model.repository(actor.own).tag('v1');
      await remove(actor, 'v1', [[tag, undefined]]);
    },
  },
  {
    name: 'delete a manifest',
    before: (trial) => push(trial, (trial.image = newImage(trial)), ['v1', 'latest']),
    act: (trial) => deleteImage(trial, ['v1', 'latest']),
  },
  {
    name: 'restore what was deleted',
    needs: '/api/changes',
    before: async (trial) => {
      await push(trial, (trial.image = newIndex(trial)), ['v1']);
      await deleteImage(trial, ['v1']);
    },
    act: async ({ actor, image: { digest, children } }) => {
      const repository = actor.model.repository(actor.own);
      const manifests = [digest, ...children.map((child) => child.digest)];
      const writes = [
        [repository.tag('v1'), digest],
        ...manifests.map((each) => [repository.manifest(each), true]),
      ];
      const body = Buffer.from(JSON.stringify({ repository: actor.own, tag: 'v1', digest }));
      const sent = { body, type: 'application/json' };
      // Done already, it is refused.
      await actor.protocol.change(writes, [200, 409], 'POST', '/api/restore', sent);
    },
  },
  {
    name: 'reclaim',
    needs: '/_gc',
    before: async (trial) => {
      await push(trial, newImage(trial), ['v2']);
      await push(trial, (trial.image = newIndex(trial)), ['v1']);
      await deleteImage(trial, ['v1']);
      // What clients were told counts until then.
      await trial.rig.stop();
      await trial.rig.start();
    },
    act: async ({ actor }) => {
      actor.model.trashWasEmptied = true;
      await actor.protocol.send([200], 'POST', '/_gc?empty-trash=true');
    },
    after: ({ rig }) => rig.checkReclaimed(true),
  },
  {
    name: 'make a checkpoint',
    library: TINY_SEGMENTS,
    before: (trial) => push(trial, (trial.image = newImage(trial)), ['v1']),
    act: async ({ rig, actor, image }) => {
      await actor.protocol.putManifest(actor.own, image, ['v2'], false);
      await checkpointed(rig);
    },
  },
  {
    name: 'compact the journal',
    library: TINY_SEGMENTS,
    before: (trial) => push(trial, (trial.image = newImage(trial)), ['v1']),
    act: async ({ rig, actor, image }) => {
      await actor.protocol.putManifest(actor.own, image, ['v2'], false);
      await checkpointed(rig);
      await rig.maintain();
    },
    after: ({ rig }) => rig.checkCompacted(),
  },
  {
    name: 'protect a tag',
    before: (trial) => push(trial, newImage(trial), ['v1']),
    act: ({ actor }) => {
      const repository = actor.model.repository(actor.own);
      return setTag(actor, repository, 'v1', { protected: true }, [200], 'protected');
    },
  },
  {
    name: 'delete a repository',
    before: async (trial) => {
      await push(trial, newImage(trial), ['v1']);
      await push(trial, newIndex(trial), ['v2']);
    },
    act: async ({ actor }) => {
      await deleteAll(actor);
    },
  },
  {
    name: 'change the settings',
    act: async ({ actor }) => {
      const sent = { body: Buffer.from('{"untaggedDays":31}'), type: 'application/json' };
      await actor.protocol.send([200], 'PATCH', '/api/settings', sent);
    },
    after: async ({ rig }) => {
      const { value } = await rig.checker.json('/api/settings');
      if (value.untaggedDays !== 31) throw new Violation(`untaggedDays is ${value.untaggedDays}, not 31`);
    },
  },
  {
    name: 'ask the rules',
    before: async (trial) => {
      const { rig, actor } = trial;
      await rig.setRules();
      actor.model.repository('own/ci');
      for (const tag of ['1', '2', '3', '4', '5', 'release-1']) {
        await pushAll(actor, 'own/ci', newImage(trial), [tag]);
      }
      // What was just pushed is in use.
      await rig.stop();
      await rig.start();
    },
    act: async ({ actor }) => {
      await retain(actor);
    },
    after: ({ rig }) => rig.retain(),
  },
  {
    name: 'lower the budget',
    needs: '/api/retention',
    before: async (trial) => {
      const { rig, actor } = trial;
      await push(trial, newImage(trial), ['v1']);
      await push(trial, newIndex(trial), ['kept']);
      await setTag(actor, actor.model.repository(actor.own), 'kept', { protected: true }, [200], 'protected');
      await push(trial, newImage(trial), ['v3']);
      await rig.stop();
      await rig.start();
    },
    act: async ({ rig, actor }) => {
      actor.model.budget = { bytes: 1, isKept: false };
      const sent = (body) => ({ body: Buffer.from(body), type: 'application/json' });
      await actor.protocol.send([200], 'PATCH', '/api/settings', sent('{"budget":1,"confirm":true}'));
      await actor.protocol.send([200], 'POST', '/api/retention', sent('{}'));
      await actor.protocol.send([200], 'POST', '/_gc', sent('{}'));
      await lift(rig, actor.protocol);
    },
    after: async ({ rig, actor }) => {
      const { value } = await rig.checker.json(`/v2/${actor.own}/tags/list`);
      // What was read a moment ago is in use, and may stay.
      if (!value.tags.includes('kept')) throw new Violation(`the budget left ${value.tags}`);
    },
  },
  {
    name: 'repair',
    is: 'repair',
    library: TINY_SEGMENTS,
    before: async (trial) => {
      await push(trial, newImage(trial), ['v1']);
      await push(trial, newIndex(trial), ['v2']);
      await trial.rig.stop();
      const folder = join(trial.rig.server.data, 'journal');
      const path = join(folder, '00000002.log');
      const bytes = await readFile(path);
      bytes[Math.floor(bytes.length / 2)] ^= 1;
      await writeFile(path, bytes);
      await rm(join(folder, 'checkpoint.json'), { force: true });
    },
    act: async () => {},
  },
  {
    name: 'start after a crash',
    is: 'start',
    before: async (trial) => {
      await push(trial, newImage(trial), ['v1']);
      await trial.rig.server.kill();
      await appendFile(join(trial.rig.server.data, 'journal', '00000001.log'), '01234567 {"seq":');
    },
    act: async () => {},
  },
  {
    name: 'stop',
    is: 'stop',
    before: (trial) => push(trial, newImage(trial), ['v1']),
    act: async () => {},
  },
];

function newImage({ actor }) {
  return actor.contents.image(actor.random, actor.label());
}

function newIndex({ actor }) {
  return actor.contents.index(actor.random, actor.label());
}

async function push({ actor }, image, tags) {
  await pushAll(actor, actor.own, image, tags);
}

/** With what goes along with it. */
async function deleteImage({ actor, image }, tags) {
  const repository = actor.model.repository(actor.own);
  const manifests = [image.digest, ...image.children.map(({ digest }) => digest)];
  await remove(actor, image.digest, [
    ...manifests.map((digest) => [repository.manifest(digest), false]),
    ...tags.map((tag) => [repository.tag(tag), undefined]),
  ]);
}

async function remove({ protocol, own }, reference, writes) {
  await protocol.change(writes, [202, 404], 'DELETE', `/v2/${own}/manifests/${reference}`);
}

/** All segments but the one that is being written are in the checkpoint, or the server has ended. */
async function checkpointed({ server, weather }) {
  const patience = weather.mayFail ? 50 : 500;
  const folder = join(server.data, 'journal');
  for (let tries = 0; tries < patience && server.isRunning; tries += 1) {
    const segments = (await readdir(folder)).filter((name) => /^\d{8}\.log$/.test(name));
    const { checkpoint } = JSON.parse(
      await readFile(join(folder, 'checkpoint.json'), 'utf8').catch(() => '{}'),
    );
    if (checkpoint?.segment === Number(segments.sort().at(-1).slice(0, 8)) - 1) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  if (!server.isRunning) return;
  throw weather.mayFail ? new Failed('no checkpoint was made') : new Violation('no checkpoint was made');
}
