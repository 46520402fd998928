import { request } from 'node:http';
import { Client } from '../sample/push.mjs';
import { layer } from '../sample/layer.mjs';

/**
 * Some traffic to look at: images that were pulled, one push that is over, and one that stands still in the
 * middle of a layer.
 *
 * @returns how to let go of it
 */
export async function makeTraffic(url) {
  const pull = { 'user-agent': 'containerd/v1.7.22' };
  for (const [repository, tag] of [
    ['infra/redis', '7-alpine'],
    ['web/shop', 'latest'],
  ]) {
    await pullImage(url, repository, tag, pull);
  }
  const docker = new Client(url);
  const app = await layer({ 'usr/bin/gateway': 3_400_000 });
  await docker.image('ci/gateway', ['build-425'], {
    layers: [app],
    history: [{ created_by: 'COPY gateway /usr/bin/gateway' }],
  });
  return await pushHalf(url, 'ml/search', 62_000_000);
}

async function pullImage(url, repository, reference, headers) {
  const accept = 'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json';
  const path = `/v2/${repository}/manifests/${reference}`;
  const answer = await fetch(new URL(path, url), { headers: { ...headers, accept } });
  const { manifests = [], layers = [] } = await answer.json();
  if (manifests[0] !== undefined) await pullImage(url, repository, manifests[0].digest, headers);
  for (const { digest } of layers) {
    const blob = await fetch(new URL(`/v2/${repository}/blobs/${digest}`, url), { headers });
    await blob.arrayBuffer();
  }
}

async function pushHalf(url, repository, size) {
  const agent = { 'user-agent': 'docker/27.3.1 go/go1.22.7 os/linux arch/amd64' };
  const opened = await fetch(new URL(`/v2/${repository}/blobs/uploads/`, url), {
    method: 'POST',
    headers: agent,
  });
  const place = new URL(opened.headers.get('location'), url);
  const sending = request(place, {
    method: 'PATCH',
    headers: { ...agent, 'content-type': 'application/octet-stream', 'content-length': size },
  });
  // It is broken off on purpose.
  sending.on('error', () => undefined);
  await new Promise((sent) => sending.write(Buffer.alloc(size * 0.42), sent));
  return () => sending.destroy();
}
