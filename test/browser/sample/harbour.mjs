// A registry as a developer has one after a few months: what the screenshots show.
import { layer } from './layer.mjs';
import { Client } from './push.mjs';
import { bytes } from './random.mjs';

const MiB = 1 << 20;

/**
 * Fills an empty registry. Takes a few seconds and some 250 MB of disk.
 *
 * @param setDaysAgo called before each part with the days since it was pushed, if the server can be told
 */
export async function fillHarbour(url, setDaysAgo = async () => undefined) {
  const docker = new Client(url);
  const bases = await makeBases();
  await setDaysAgo(64);
  await pushBases(docker, bases);
  await setDaysAgo(41);
  await pushServices(docker, bases);
  await setDaysAgo(12.4);
  await pushOdds(new Client(url, 'Helm/3.16.3'), docker);
  await pushShop(docker, bases, setDaysAgo);
  await pushBuilds(new Client(url, 'Buildah/1.28.2'), bases, setDaysAgo);
  await setDaysAgo(0.1);
  await deleteSome(url);
}

/** What lies in the trash, and one change that was undone. */
async function deleteSome(url) {
  for (let build = 401; build <= 406; build += 1) await ask(url, 'DELETE', gatewayTag(build));
  const { change } = await ask(url, 'DELETE', '/api/repositories?name=hello');
  await ask(url, 'POST', '/api/undo', { change });
  const protect = '/api/tags?repository=base%2Fdebian&tag=12';
  await ask(url, 'PATCH', protect, { protected: true });
}

const gatewayTag = (build) => `/v2/ci/gateway/manifests/build-${build}`;

async function ask(url, method, path, body) {
  const request = { method, headers: { 'content-type': 'application/json' } };
  if (body !== undefined) request.body = JSON.stringify(body);
  const response = await fetch(new URL(path, url), request);
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

async function makeBases() {
  const debian = await layer({
    bin: { link: 'usr/bin' },
    'etc/debian_version': '12.8\n',
    'etc/os-release': 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n',
    'etc/passwd': 'root:x:0:0:root:/root:/bin/bash\n',
    'usr/bin/bash': 1_265_000,
    'usr/bin/perl': 3_789_000,
    'usr/bin/openssl': 1_010_000,
    'usr/lib/x86_64-linux-gnu/libc.so.6': 1_922_000,
    'usr/lib/x86_64-linux-gnu/libcrypto.so.3': 4_713_000,
    'usr/lib/x86_64-linux-gnu/libstdc++.so.6': 2_190_000,
    'usr/share/doc/libc6/copyright': 26_000,
    'usr/share/zoneinfo/tzdata.zi': 110_000,
    'var/cache/apt/pkgcache.bin': 6_300_000,
    'var/lib/dpkg/status': 88_000,
  });
  const alpine = await layer({
    'bin/busybox': 824_000,
    'bin/sh': { link: '/bin/busybox' },
    'etc/alpine-release': '3.20.3\n',
    'lib/ld-musl-x86_64.so.1': 651_000,
    'lib/libcrypto.so.3': 4_100_000,
    'etc/ssl/certs/ca-certificates.crt': 220_000,
  });
  const node = await layer({
    'usr/local/bin/node': 19 * MiB,
    'usr/local/lib/node_modules/npm/package.json': '{"name":"npm"}\n',
    'usr/local/lib/node_modules/npm/index.js': 340_000,
    'usr/local/bin/npm': { link: '../lib/node_modules/npm/bin/npm-cli.js' },
    'var/cache/apt/.wh.pkgcache.bin': '',
  });
  return { debian, alpine, node };
}

const made = (created_by, empty_layer) => ({
  created: '2026-11-02T08:15:00Z',
  created_by,
  ...(empty_layer === true ? { empty_layer } : {}),
});
const FROM_DEBIAN = made('/bin/sh -c #(nop) ADD file:8c3f06bf8a2a7a31 in / ');
const FROM_ALPINE = made('ADD alpine-minirootfs-3.20.3-x86_64.tar.gz / # buildkit');
const INSTALL_NODE = made(
  'RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/cache/apt/*.bin && curl -fsSL https://nodejs.org/dist/v22.11.0/node.tar.xz | tar -xJ -C /usr/local --strip-components=1 # buildkit',
);

async function pushBases(docker, { debian, alpine, node }) {
  const config = {
    Cmd: ['bash'],
    Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
  };
  await docker.image('base/debian', ['12', 'bookworm'], { layers: [debian], config, history: [FROM_DEBIAN] });
  await docker.image('base/alpine', ['3.20', 'latest'], { layers: [alpine], history: [FROM_ALPINE] });
  await docker.image('base/node', ['22', 'lts'], {
    layers: [debian, node],
    config: { ...config, Cmd: ['node'] },
    history: [FROM_DEBIAN, INSTALL_NODE, made('CMD ["node"]', true)],
  });
}

/** Of the shop, with the days since each. */
const RELEASES = [
  ['1.3.8', 24],
  ['1.3.9', 17],
  ['1.4.0', 6.2],
  ['1.4.1', 3.1],
  ['1.4.2', 0.3],
];

async function pushShop(docker, { debian, node }, setDaysAgo) {
  const dependencies = await layer({
    'app/package.json': '{"name":"shop","version":"1.4.2"}\n',
    'app/node_modules/react/index.js': 320_000,
    'app/node_modules/sharp/build/sharp.node': 9 * MiB,
    'app/node_modules/typescript/lib/tsc.js': 6 * MiB,
  });
  const config = {
    User: 'node',
    WorkingDir: '/app',
    Entrypoint: ['node', 'server.js'],
    Env: ['NODE_ENV=production', 'PORT=3000', 'PATH=/usr/local/bin:/usr/bin:/bin'],
    ExposedPorts: { '3000/tcp': {} },
    Labels: {
      'org.opencontainers.image.source': 'https://git.example/web/shop',
      'org.opencontainers.image.title': 'shop',
    },
    StopSignal: 'SIGTERM',
  };
  let last;
  for (const [version, days] of RELEASES) {
    await setDaysAgo(days);
    const history = [
      FROM_DEBIAN,
      INSTALL_NODE,
      made('WORKDIR /app', true),
      made('COPY package.json package-lock.json ./ # buildkit', true),
      made('RUN /bin/sh -c npm ci --omit=dev # buildkit'),
      made('COPY dist ./ # buildkit'),
      made('USER node', true),
      made('EXPOSE map[3000/tcp:{}]', true),
      made('ENTRYPOINT ["node" "server.js"]', true),
    ];
    const manifests = [];
    for (const platform of ['linux/amd64', 'linux/arm64/v8']) {
      const app = await layer({
        'app/server.js': `// ${version} ${platform}\n`,
        'app/dist/main.js': 480_000 + days * 90_000,
        'app/dist/assets/hero.webp': 2 * MiB,
        'app/node_modules/typescript/.wh.lib': '',
        'etc/os-release': 'PRETTY_NAME="Shop on Debian 12"\n',
      });
      manifests.push(
        await docker.image('web/shop', [], {
          platform,
          config,
          history,
          layers: [debian, node, dependencies, app],
        }),
      );
    }
    const tags = [version, version.replace(/\.\d+$/, ''), 'latest'];
    last = await docker.index('web/shop', tags, manifests, {
      annotations: { 'org.opencontainers.image.version': version },
    });
  }
  const { digest, size, mediaType } = last;
  const subject = { mediaType, digest, size };
  await docker.artifact('web/shop', [], {
    subject,
    type: 'application/spdx+json',
    layerType: 'application/spdx+json',
    body: bytes(180_000, 'spdx'),
  });
  await docker.artifact('web/shop', [`${digest.replace(':', '-')}.sig`], {
    layerType: 'application/vnd.dev.cosign.simplesigning.v1+json',
    configType: 'application/vnd.oci.image.config.v1+json',
    body: bytes(240, 'signature'),
  });
}

async function pushServices(docker, { debian, alpine }) {
  const postgres = await layer({
    'usr/lib/postgresql/16/bin/postgres': 9 * MiB,
    'usr/lib/postgresql/16/lib/llvmjit.so': 14 * MiB,
    'usr/share/postgresql/16/postgres.bki': 940_000,
  });
  const data = {
    Volumes: { '/var/lib/postgresql/data': {} },
    ExposedPorts: { '5432/tcp': {} },
    StopSignal: 'SIGINT',
  };
  await docker.image('infra/postgres', ['16', '16.5'], {
    layers: [debian, postgres],
    config: { ...data, Entrypoint: ['docker-entrypoint.sh'], Cmd: ['postgres'] },
    history: [FROM_DEBIAN, made('RUN /bin/sh -c apt-get install -y postgresql-16')],
  });
  const redis = await layer({ 'usr/local/bin/redis-server': 3 * MiB, 'usr/local/bin/redis-cli': 1_400_000 });
  await docker.image('infra/redis', ['7-alpine'], {
    layers: [alpine, redis],
    config: { Cmd: ['redis-server'], ExposedPorts: { '6379/tcp': {} } },
    history: [FROM_ALPINE, made('RUN apk add --no-cache redis')],
  });
  const models = await layer({ 'models/embedding.onnx': 58 * MiB, 'models/tokenizer.json': 2_100_000 });
  const tools = await layer({ 'opt/venv/lib/torch.so': 34 * MiB, 'opt/venv/lib/numpy.so': 6 * MiB });
  await docker.image('ml/search', ['2026-11', 'latest'], {
    layers: [debian, tools, models],
    history: [FROM_DEBIAN, made('RUN pip install torch numpy'), made('COPY models /models')],
  });
}

async function pushBuilds(buildah, { alpine }, setDaysAgo) {
  for (let build = 401; build <= 424; build += 1) {
    await setDaysAgo((424 - build) / 4 + 0.12);
    const binary = await layer({
      'usr/bin/gateway': 420_000 + build * 800,
      'etc/gateway.yaml': `build: ${build}\n`,
    });
    await buildah.image('ci/gateway', [`build-${build}`], {
      layers: [alpine, binary],
      config: { Entrypoint: ['gateway'], Labels: { build: String(build) } },
      history: [FROM_ALPINE, made('COPY gateway /usr/bin/gateway')],
    });
  }
}

async function pushOdds(helm, docker) {
  await helm.artifact('charts/gateway', ['0.3.1'], {
    configType: 'application/vnd.cncf.helm.config.v1+json',
    layerType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
    body: bytes(14_000, 'chart'),
    annotations: { 'org.opencontainers.image.title': 'gateway', 'org.opencontainers.image.version': '0.3.1' },
  });
  const scratch = await layer({ hello: 13_000 });
  await docker.image('hello', ['latest'], {
    layers: [scratch],
    config: { Cmd: ['/hello'] },
    history: [made('COPY hello /')],
  });
}
