import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StagedImport } from '../registry/api/contract.ts';
import { archiveOf, oldDockerFiles, plainLayer } from '../test/domain/archive.ts';
import { Served } from '../test/served.ts';
import { Api } from './api.ts';
import { finishImport, stageFile } from './import-file.ts';
import type { Server } from './server.ts';

describe('finishImport', () => {
  let berth: Served;
  let api: Api;
  const progress = { signal: new AbortController().signal, report: () => undefined };
  const staged = async (name: string, layer: string): Promise<StagedImport> => {
    const path = join(berth.folder, '..', `berth-import-${process.pid}.tar`);
    writeFileSync(path, archiveOf(oldDockerFiles([{ names: [name], layers: [plainLayer(layer)] }])));
    try {
      return await stageFile(api, path, progress);
    } finally {
      rmSync(path);
    }
  };

  beforeEach(async () => {
    berth = await Served.start();
    api = new Api({ url: berth.url, token: 'none' } as Server);
  });
  afterEach(() => berth.stop());

  it('leaves nothing staged of what the registry refuses', async () => {
    await finishImport(api, (await staged('app:v1', 'one')).id, progress.signal);
    await berth.call('PATCH', '/api/tags?repository=app&tag=v1', { protected: true });
    const { id } = await staged('app:v1', 'another');
    await expect(finishImport(api, id, progress.signal)).rejects.toThrow('protected');
    expect(await berth.get('/api/imports')).toEqual({ imports: [] });
  });
});
