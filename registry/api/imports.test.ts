import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { imageOf } from '../../test/clients/image.ts';
import { archiveOf, layoutFiles } from '../../test/domain/archive.ts';
import { Served } from '../../test/served.ts';
import type { Job, StagedImport } from './contract.ts';

let berth: Served;

beforeEach(async () => {
  berth = await Served.start();
});
afterEach(() => berth.stop());

const NAMES = 3000;
const CONTAINERD = 'io.containerd.image.name';

async function tagsSeen(): Promise<number> {
  const { status, body } = await berth.send('GET', '/v2/app/tags/list');
  return status === 404 ? 0 : (JSON.parse(body.toString()) as { tags: string[] }).tags.length;
}

describe('POST /api/imports', () => {
  it('is a job that was cancelled, if the sender breaks it off', async () => {
    const sending = request(`${berth.url}/api/imports?name=half.tar`, {
      method: 'POST',
      headers: { 'content-length': 10_000_000 },
    });
    sending.on('error', () => undefined);
    sending.write(archiveOf(layoutFiles([{ image: imageOf() }])));
    const jobs = async (): Promise<Job[]> => (await berth.get<{ jobs: Job[] }>('/api/jobs')).jobs;
    const stateOf = async (): Promise<string | undefined> => (await jobs())[0]?.state;
    await expect.poll(stateOf, { timeout: 20_000 }).toBe('running');
    sending.destroy();
    await expect.poll(stateOf, { timeout: 20_000 }).toBe('cancelled');
    const [job] = await jobs();
    expect(job).toMatchObject({ kind: 'read archive', subject: 'half.tar', endedAt: expect.any(String) });
    expect(job).not.toHaveProperty('error');
  });
});

describe('POST /api/imports/<id>', () => {
  it('brings thousands of names in one record, of which nobody sees a part', async () => {
    const image = imageOf();
    await berth.repository('app').push(imageOf(), 'before');
    const named = Array.from({ length: NAMES }, (_, i) => ({
      image,
      annotations: { [CONTAINERD]: `app:v${i}` },
    }));
    const archive = new Uint8Array(archiveOf(layoutFiles(named)));
    const staged = await fetch(`${berth.url}/api/imports?name=many.tar`, { method: 'POST', body: archive });
    const { id, images } = (await staged.json()) as StagedImport;
    expect(images.map(({ references }) => references.length)).toEqual([NAMES]);
    const { id: job } = await berth.call<Job>('POST', `/api/imports/${id}`, {});
    const seen = new Set<number>();
    const state = async () => (await berth.get<Job>(`/api/jobs/${job}`)).state;
    while ((await state()) === 'running') seen.add(await tagsSeen());
    expect(await state()).toBe('done');
    seen.add(await tagsSeen());
    expect([...seen].every((count) => count === 1 || count === NAMES + 1)).toBe(true);
    expect(seen).toContain(NAMES + 1);
    await berth.repository('app').expectWhole(`v${NAMES - 1}`, image);
    await berth.restart();
    expect(await tagsSeen()).toBe(NAMES + 1);
  });

  it('is called an import among the changes, and after a restart', async () => {
    const [fresh, moving] = [imageOf(), imageOf()];
    await berth.repository('app').push(imageOf(), 'old');
    const named = [
      { image: fresh, annotations: { [CONTAINERD]: 'app:new' } },
      { image: moving, annotations: { [CONTAINERD]: 'app:old' } },
    ];
    for (const each of named) {
      const body = new Uint8Array(archiveOf(layoutFiles([each])));
      const staged = await fetch(`${berth.url}/api/imports?name=app.tar`, { method: 'POST', body });
      const { id } = (await staged.json()) as StagedImport;
      const { id: job } = await berth.call<Job>('POST', `/api/imports/${id}`, {});
      expect((await berth.get<Job>(`/api/jobs/${job}?wait=10`)).state).toBe('done');
    }
    const summaries = async (): Promise<string[]> =>
      (await berth.get<{ changes: { summary: string }[] }>('/api/changes')).changes.map(
        ({ summary }) => summary,
      );
    const said = ['moved app:old by an import', 'imported app:new', 'pushed app:old'];
    expect(await summaries()).toEqual(said);
    await berth.restart();
    expect(await summaries()).toEqual(said);
  });
});
