import { appendFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StagedImport } from '../registry/api/contract.ts';
import { archiveOf, oldDockerFiles, plainLayer } from '../test/domain/archive.ts';
import { Served } from '../test/served.ts';
import { Api } from './api.ts';
import { finishImport, stageFile } from './import-file.ts';
import type { Server } from './server.ts';

let berth: Served;
let api: Api;

beforeEach(async () => {
  berth = await Served.start();
  api = new Api({ url: berth.url, token: 'none' } as Server);
});
afterEach(() => berth.stop());

const { signal } = new AbortController();

describe('stageFile', () => {
  const archive = archiveOf(oldDockerFiles([{ names: ['app:v1'], layers: [plainLayer('one', 300_000)] }]));
  const stage = async (content: Buffer, meanwhile: (path: string) => void): Promise<StagedImport> => {
    const path = join(berth.folder, '..', `berth-stage-${process.pid}.tar`);
    writeFileSync(path, content);
    try {
      return await stageFile(api, path, { signal, report: (done) => done === 0 && meanwhile(path) });
    } finally {
      rmSync(path);
    }
  };

  it('says that a file has become shorter, and does not wait for the rest', async () => {
    const staging = stage(archive, (path) => truncateSync(path, 1000));
    await expect(staging).rejects.toThrow('changed while it was read');
  });

  it('sends no more of a file that grows than it had', async () => {
    const staged = await stage(archive, (path) => appendFileSync(path, 'more'));
    expect(staged.bytes).toBe(archive.length);
  });

  it('says that a file is empty', async () => {
    await expect(stage(Buffer.alloc(0), () => undefined)).rejects.toThrow(/\.tar is empty/);
  });
});

describe('finishImport', () => {
  const progress = { signal, report: () => undefined };
  const staged = async (name: string, layer: string): Promise<StagedImport> => {
    const path = join(berth.folder, '..', `berth-import-${process.pid}.tar`);
    writeFileSync(path, archiveOf(oldDockerFiles([{ names: [name], layers: [plainLayer(layer)] }])));
    try {
      return await stageFile(api, path, progress);
    } finally {
      rmSync(path);
    }
  };

  it('leaves nothing staged of what the registry refuses', async () => {
    await finishImport(api, (await staged('app:v1', 'one')).id, progress.signal);
    await berth.call('PATCH', '/api/tags?repository=app&tag=v1', { protected: true });
    const { id } = await staged('app:v1', 'another');
    await expect(finishImport(api, id, progress.signal)).rejects.toThrow('protected');
    expect(await berth.get('/api/imports')).toEqual({ imports: [] });
  });

  it('is cancelled at once, however long the registry would have gone on', async () => {
    const running = { id: 'job', state: 'running' };
    const deleted: string[] = [];
    let end: (job: object) => void = () => undefined;
    const slow = {
      post: () => Promise.resolve(running),
      get: () => new Promise((resolve) => (end = resolve)),
      delete: (path: string) => {
        deleted.push(path);
        end({ ...running, state: 'cancelled' });
        return Promise.resolve();
      },
    };
    const cancel = new AbortController();
    const finished = finishImport(slow as unknown as Api, 'staged', cancel.signal);
    await new Promise(setImmediate);
    cancel.abort();
    await expect(finished).rejects.toThrow('cancelled');
    expect(deleted).toEqual(['/api/jobs/job', '/api/imports/staged']);
  });
});
