// What nobody pushes on purpose, and what a window must show all the same.
import { digestOf, layer } from './layer.mjs';
import { Client } from './push.mjs';

export const MARKUP =
  '<img src=x onerror="document.title=\'broken\'"><script>document.title="broken"</script>{{7*7}}';
const AT_ONCE = 16;
const LONG = 'and then it goes on '.repeat(200);
export const LONGEST_NAME = ['long', ...Array.from({ length: 12 }, (_, i) => `a-part-of-a-name-${i}`)]
  .join('/')
  .padEnd(255, 'x');

/** @param manyTags so many tags does its longest repository get */
export async function fillOdd(url, { manyTags = 1000 } = {}) {
  const client = new Client(url, MARKUP.replaceAll('"', "'"));
  await pushMarkup(client);
  await pushLong(client);
  await pushManyTags(client, manyTags);
  await pushManyPlatforms(client);
}

async function pushMarkup(client) {
  const hostile = await layer({ [`etc/${MARKUP}`]: 20, '‮reversed': 3, 'a b\tc\nd': 4 });
  await client.image('odd/markup', ['latest'], {
    layers: [hostile],
    platform: 'linux/<b>bold</b>',
    config: {
      Env: [`A=${MARKUP}`],
      Cmd: [MARKUP],
      User: MARKUP,
      Labels: { [MARKUP]: MARKUP },
      WorkingDir: MARKUP,
    },
    history: [{ created: MARKUP, created_by: MARKUP, comment: MARKUP }],
    annotations: { [MARKUP]: MARKUP },
  });
}

async function pushLong(client) {
  const files = await layer({ [`srv/${'deep/'.repeat(12)}file`]: 2000 });
  await client.image(LONGEST_NAME, ['t'.repeat(128), 'latest'], {
    layers: [files],
    config: { Cmd: [LONG], Env: [`LONG=${LONG}`], Labels: { long: LONG } },
    history: [{ created: '2026-11-02T08:15:00Z', created_by: `RUN ${LONG}` }],
    annotations: { long: LONG },
  });
}

async function pushManyTags(client, count) {
  const one = await layer({ 'bin/tool': 60_000 });
  const history = [{ created_by: 'COPY tool /bin/tool' }];
  const push = async (patch) => {
    const tag = `v1.${Math.floor(patch / 50)}.${patch % 50}`;
    await client.image('odd/many-tags', [tag], { layers: [one], config: { Labels: { tag } }, history });
  };
  for (let patch = 0; patch < count; patch += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - patch) }, (_, index) => patch + index);
    await Promise.all(some.map(push));
  }
}

async function pushManyPlatforms(client) {
  const here = await layer({ 'bin/tool': 90_000 });
  const manifests = [];
  for (let i = 0; i < 20; i += 1) {
    const architecture = ['amd64', 'arm64', 'arm', 's390x', 'ppc64le'][i % 5];
    const platform = `linux/${architecture}/v${i}`;
    if (i % 2 === 0)
      manifests.push(await client.image('odd/many-platforms', [], { layers: [here], platform }));
    else {
      const digest = digestOf(Buffer.from(platform));
      const mediaType = 'application/vnd.oci.image.manifest.v1+json';
      manifests.push({
        mediaType,
        digest,
        size: 500,
        platform: { os: 'linux', architecture, variant: `v${i}` },
      });
    }
  }
  await client.index('odd/many-platforms', ['latest'], manifests);
}
