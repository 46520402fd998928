import { render } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { repositories } from '../../state/repositories.svelte.ts';
import { router } from '../../state/router.svelte.ts';
import { answer, type Answers } from '../../test-answers.ts';
import Images from './Images.svelte';

export const MARKUP = '<img src=x onerror="throw 1"><b>bold</b>';
export const DIGEST = `sha256:${'ab'.repeat(32)}`;

const summary = {
  digest: DIGEST,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  kind: 'image',
  artifactType: null,
  platforms: ['linux/amd64'],
  parts: 1,
  size: 9_000_000,
  exclusive: 1_000_000,
  pushedAt: '2026-11-01T00:00:00Z',
  pulledAt: null,
  referrers: 0,
  protected: false,
  protectedBy: null,
  expiresAt: null,
};

const step = (createdBy: string, layer: number | null) => ({ createdBy, created: null, comment: '', layer });

/** A repository `app` with one image under two tags. */
export const ANSWERS: Answers = {
  'GET /api/repositories': {
    repositories: [
      {
        name: 'app',
        tags: 2,
        images: 1,
        size: 9,
        exclusive: 9,
        trash: 0,
        lastPush: '2026-11-01T00:00:00Z',
        lastPull: null,
      },
    ],
  },
  'GET /api/tags': {
    repository: 'app',
    tags: [
      { ...summary, tag: 'v1' },
      { ...summary, tag: 'v2' },
    ],
    attached: [],
    untagged: [],
    trash: [],
  },
  'GET /api/images': {
    ...summary,
    repository: 'app',
    tag: 'v1',
    tags: ['v1', 'v2'],
    trash: null,
    pushedBy: { client: 'docker/27' },
    manifestSize: 400,
    annotations: { [MARKUP]: MARKUP },
    subject: null,
    manifests: [],
    referrersList: [],
    sharedWith: [],
  },
  'GET /api/images/missing': { missing: [], more: false },
  'GET /api/images/platform': {
    digest: DIGEST,
    mediaType: '',
    platform: 'linux/amd64',
    created: null,
    author: null,
    config: {
      user: '',
      workingDir: '',
      entrypoint: [],
      cmd: [MARKUP],
      env: [],
      exposedPorts: [],
      volumes: [],
      labels: {},
      stopSignal: '',
    },
    history: [step(MARKUP, 0), step(`RUN ${'x'.repeat(4000)}`, null)],
    layers: [
      {
        digest: DIGEST,
        diffId: null,
        mediaType: '',
        size: 9_000_000,
        createdBy: MARKUP,
        usedBy: 2,
        present: true,
      },
    ],
  },
  'GET /api/history': { events: [] },
  'POST /api/deletions/plan': {
    tags: [{ repository: 'app', tag: 'v1', digest: DIGEST }],
    manifests: 1,
    attached: [],
    bytes: 1_000_000,
    restorableUntil: '2026-11-28T00:00:00Z',
    refused: [],
  },
  'POST /api/deletions': { change: 12, tags: 1, manifests: 1 },
  'POST /api/undo': { change: 13, undone: 12, summary: '' },
};

/** The place at a tag of it, at `app` itself, or at all repositories. */
export async function setup(hash: string, answers: Answers = ANSWERS) {
  const asked = answer(answers);
  router.go({
    place: 'images',
    ...(hash === '' ? {} : { repository: 'app', ...(hash === 'app' ? {} : { reference: hash }) }),
  });
  await repositories.resource.refresh();
  const { container } = render(Images);
  return { asked, container, user: userEvent.setup() };
}
