import type { Router } from '@koa/router';
import type { Context } from 'koa';
import { RegistryError } from '../error.ts';
import { Body } from '../http/body.ts';
import { json } from '../http/json.ts';
import { actorOf, param, query, watchConnection } from '../http/request.ts';
import { formatTarget, parseArchiveName, type Target } from '../images/archives/names.ts';
import type { Wish } from '../images/archives/apply-import.ts';
import type { Imports } from '../images/archives/imports.ts';
import { contentOf, type Import } from '../images/archives/staged-import.ts';
import type { Store } from '../images/store.ts';
import { Pace } from '../pace.ts';
import { parseDigest, type Digest } from '../reference.ts';
import { iso } from '../time.ts';
import { checkMembers, isFields, readFields, required, texts, type Fields } from './body.ts';
import type { StagedImage, StagedImport } from './contract.ts';
import type { Jobs } from './jobs.ts';

const LONGEST_NAME = 255;

/** Archives on their way in: first what is in them, then the import. */
export function importRoutes(router: Router, store: Store, imports: Imports, jobs: Jobs): void {
  /** A job, so that others see its progress and can stop it. It ends with its connection, too. */
  router.post('/api/imports', async (ctx) => {
    const name = (query(ctx, 'name') ?? '').slice(-LONGEST_NAME);
    const connection = watchConnection(ctx);
    try {
      const staged = await jobs.run('read archive', name, ({ signal, progress }) =>
        imports.stage(new Body(ctx), {
          name,
          signal: AbortSignal.any([signal, connection.gone]),
          onProgress: progress,
        }),
      );
      json(ctx, await describe(store, staged));
      ctx.status = 201;
    } finally {
      connection.release();
    }
  });

  router.get('/api/imports', async (ctx) => {
    json(ctx, { imports: await Promise.all(imports.all.map((each) => describe(store, each))) });
  });

  router.get('/api/imports/:import', async (ctx) => {
    json(ctx, await describe(store, imports.read(param(ctx, 'import'))));
  });

  router.post('/api/imports/:import', async (ctx) => {
    const { id, name } = imports.read(param(ctx, 'import'));
    const wishes = parseWishes(await readFields(ctx, ['images']));
    const actor = actorOf(ctx);
    json(
      ctx,
      jobs.start('import', name, ({ signal, progress }) =>
        imports.apply(id, wishes, actor, { signal, onProgress: progress }),
      ),
    );
    ctx.status = 202;
  });

  router.delete('/api/imports/:import', async (ctx: Context) => {
    await imports.discard(param(ctx, 'import'));
    ctx.status = 204;
  });
}

async function describe({ ledger: { catalog } }: Store, staged: Import): Promise<StagedImport> {
  const pace = new Pace();
  const images: StagedImage[] = [];
  for (const image of staged.images) {
    await pace.rest();
    const content = [...contentOf(image).values()];
    const isNew = content.filter(({ digest }) => !catalog.content.isNeeded(digest));
    const replaces = image.targets.flatMap(({ repository, tag }) => {
      const before = tag === undefined ? undefined : catalog.findRepository(repository)?.tags.get(tag);
      if (before === undefined || before.digest === image.digest) return [];
      return [{ reference: `${repository}:${tag}`, digest: before.digest }];
    });
    images.push({
      digest: image.digest,
      kind: image.kind,
      references: image.targets.map((target) => formatTarget(target, image.digest)),
      suggestions: image.suggestions,
      platforms: image.platforms,
      layers: image.layers,
      size: content.reduce((sum, { size }) => sum + size, 0),
      newBytes: isNew.reduce((sum, { size }) => sum + size, 0),
      replaces,
    });
  }
  const { id, name, format, bytes, warnings, expiresAt } = staged;
  return { id, name, format, bytes, images, warnings, expiresAt: iso(expiresAt) };
}

/** @throws RegistryError REQUEST_INVALID, NAME_INVALID, DIGEST_INVALID */
function parseWishes({ images }: Fields): Wish[] | undefined {
  if (images === undefined) return undefined;
  if (!Array.isArray(images)) throw new RegistryError('REQUEST_INVALID', '"images" must be a list.');
  return images.map((each: unknown) => {
    if (!isFields(each)) {
      throw new RegistryError('REQUEST_INVALID', 'Each of "images" must be {"digest", "references"}.');
    }
    checkMembers(each, ['digest', 'references']);
    const digest = parseDigest(required(each, 'digest'));
    const names = each['references'] === undefined ? [] : texts(each, 'references');
    return { digest, targets: names.map((name) => parseTarget(name, digest)) };
  });
}

function parseTarget(text: string, digest: Digest): Target {
  const target = parseArchiveName(text);
  if (text.includes('@') && !text.endsWith(`@${digest}`)) {
    throw new RegistryError('REQUEST_INVALID', `${JSON.stringify(text)} names another image than ${digest}.`);
  }
  if (target !== undefined) return target;
  throw new RegistryError('NAME_INVALID', `${JSON.stringify(text)} is not a name such as app:v1.`);
}
