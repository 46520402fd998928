import { cpSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { berth, Containerd, expectImage, importArchive } from './archives.ts';
import { startBerth, type Berth } from './berth.ts';
import { containersEnv } from './containers.ts';
import { Dockerd } from './dockerd.ts';
import {
  artifactOf,
  busyboxLayer,
  imageOf,
  multiPlatformImage,
  randomLayer,
  writeLayout,
  type Image,
} from './image.ts';
import { Repository } from './repository.ts';
import { run } from './run.ts';
import { describeWith } from './tools.ts';
import { createWorkspace } from './workspace.ts';

const NEEDED = [
  'docker',
  'dockerd',
  'podman',
  'buildah',
  'skopeo',
  'umoci',
  'containerd',
  'ctr',
  'tar',
  'root',
];

describeWith(NEEDED, 'archives of the clients', () => {
  const workspace = createWorkspace('arc');
  const dockerd = new Dockerd(workspace);
  const containerd = new Containerd(workspace);
  const image = imageOf({ layers: [busyboxLayer(), randomLayer(300_000)] });
  const other = imageOf({ layers: [randomLayer()] });
  const platforms: Image = multiPlatformImage();
  const id = image.config.digest;
  let server: Berth;
  let env: Record<string, string>;
  let layout: string;

  const at = (name: string): string => join(workspace.path, name);
  const podman = (...args: string[]): Promise<string> => run('podman', args, { env });
  const skopeo = (...args: string[]): Promise<string> =>
    run('skopeo', ['--insecure-policy', 'copy', ...args], { env });

  beforeAll(async () => {
    server = await startBerth();
    env = containersEnv(workspace, [server.host]);
    layout = writeLayout(workspace.folder('layout'), { image, other, platforms });
    await skopeo(`oci:${layout}:image`, `docker-archive:${at('source.tar')}:source:v1`);
    await dockerd.start();
    await dockerd.docker('load', '-q', '-i', at('source.tar'));
    await podman('pull', '-q', `oci:${layout}:image`);
    await podman('tag', id, 'localhost/source:v1');
    await podman('pull', '-q', `oci:${layout}:other`);
    await podman('tag', other.config.digest, 'localhost/other:v1');
    await containerd.start();
  }, 120_000);
  afterAll(async () => {
    await run('podman', ['system', 'reset', '--force'], { env });
    await dockerd.stop();
    await containerd.stop();
    await server.dispose();
    workspace.remove();
  }, 60_000);

  it('takes what docker saves, which docker then pulls as the same image', async () => {
    await dockerd.docker('save', '-o', at('docker.tar'), 'source:v1');
    await importArchive(server, at('docker.tar'), '--as', 'docker:v1');
    await expectImage(server, 'docker', 'v1', id);
    await dockerd.docker('rmi', 'source:v1');
    await dockerd.docker('pull', '-q', `${server.host}/docker:v1`);
    expect(await dockerd.docker('images', '--no-trunc', '-q', `${server.host}/docker`)).toContain(id);
    await dockerd.docker('tag', `${server.host}/docker:v1`, 'source:v1');
  });

  it.each(['docker-archive', 'oci-archive'])('takes what podman saves as %s', async (format) => {
    await podman('save', '-q', '--format', format, '-o', at(`podman-${format}.tar`), 'localhost/source:v1');
    const { staged } = await importArchive(server, at(`podman-${format}.tar`));
    expect(staged.images.map(({ references }) => references)).toEqual([['source:v1']]);
    await expectImage(server, 'source', 'v1', id);
    expect((await importArchive(server, at(`podman-${format}.tar`))).result.change).toBeNull();
  });

  it.each(['docker-dir', 'oci-dir'])(
    'takes what podman saves as %s, as a folder and packed',
    async (format) => {
      await podman('save', '-q', '--format', format, '-o', at(format), 'localhost/source:v1');
      await importArchive(server, at(format), '--as', `${format}:folder`);
      await run('tar', ['-cf', at(`${format}.tar`), '-C', workspace.path, format]);
      const { result } = await importArchive(server, at(`${format}.tar`), '--as', `${format}:packed`);
      expect(result.newBytes).toBe(0);
      const [one, two] = await Promise.all(
        ['folder', 'packed'].map((tag) => new Repository(server, format).getManifest(tag)),
      );
      expect(one?.headers['docker-content-digest']).toBe(two?.headers['docker-content-digest']);
      await expectImage(server, format, 'packed', id);
    },
  );

  it('takes several images of podman at once', async () => {
    await podman('save', '-q', '-m', '-o', at('multi.tar'), 'localhost/source:v1', 'localhost/other:v1');
    const { result } = await importArchive(server, at('multi.tar'));
    expect(result.images.map(({ reference }) => reference).sort()).toEqual(['other:v1', 'source:v1']);
    await expectImage(server, 'other', 'v1', other.config.digest);
  });

  it.each([
    ['gzip', 'gz'],
    ['zstd', 'zst'],
  ])('takes what docker saved and %s compressed, whatever it is called', async (tool, ending) => {
    const plain = at(`by-${tool}.tar`);
    await dockerd.docker('save', '-o', plain, 'source:v1');
    await run(tool, ['-q', plain]);
    renameSync(`${plain}.${ending}`, at(`${tool}.img`));
    await importArchive(server, at(`${tool}.img`), '--as', `packed:${tool}`);
    await expectImage(server, 'packed', tool, id);
  });

  it('takes what skopeo writes, an OCI layout byte for byte', async () => {
    await skopeo(`oci:${layout}:image`, `oci-archive:${at('skopeo-oci.tar')}:quay.example/team/app:v1`);
    await skopeo(
      `oci:${layout}:image`,
      `docker-archive:${at('skopeo-docker.tar')}:docker.io/library/skopeo:v1`,
    );
    await importArchive(server, at('skopeo-oci.tar'));
    await new Repository(server, 'team/app').expectWhole('v1', image);
    await importArchive(server, at('skopeo-docker.tar'));
    await expectImage(server, 'skopeo', 'v1', id);
  });

  it('takes what buildah pushes into archives', async () => {
    for (const kind of ['oci-archive', 'docker-archive']) {
      const file = at(`buildah-${kind}.tar`);
      await run('buildah', ['push', '-q', 'localhost/source:v1', `${kind}:${file}:built:${kind}`], { env });
      await importArchive(server, file);
      await expectImage(server, 'built', kind, id);
    }
  });

  it('takes the layouts of umoci', async () => {
    const folder = at('umoci');
    cpSync(layout, folder, { recursive: true });
    await run('umoci', ['config', '--image', `${folder}:image`, '--tag', 'changed', '--config.label', 'a=b']);
    const { result } = await importArchive(server, folder, '--as', 'umoci');
    expect(result.images.map(({ reference }) => reference).sort()).toEqual([
      'umoci:changed',
      'umoci:image',
      'umoci:other',
      'umoci:platforms',
    ]);
    await new Repository(server, 'umoci').expectWhole('platforms', platforms);
    const manifest = await new Repository(server, 'umoci').readManifest('changed');
    await expectImage(server, 'umoci', 'changed', manifest.config.digest);
  });

  it('takes what ctr exports, with all platforms and with one', async () => {
    await run('tar', ['-cf', at('layout.tar'), '-C', layout, '.']);
    await containerd.ctr(
      'images',
      'import',
      '--no-unpack',
      '--all-platforms',
      '--base-name',
      'docker.io/library/ctr',
      at('layout.tar'),
    );
    await containerd.ctr(
      'images',
      'export',
      '--all-platforms',
      at('ctr.tar'),
      'docker.io/library/ctr:platforms',
    );
    const { staged } = await importArchive(server, at('ctr.tar'));
    expect(staged.images[0]?.references).toEqual(['ctr:platforms']);
    await new Repository(server, 'ctr').expectWhole('platforms', platforms);
    await containerd.ctr(
      'images',
      'export',
      '--platform',
      'linux/arm64',
      at('one.tar'),
      'docker.io/library/ctr:platforms',
    );
    await importArchive(server, at('one.tar'), '--as', 'partial:v1');
    const index = await new Repository(server, 'partial').getManifest('v1');
    expect(index.headers['docker-content-digest']).toBe(platforms.digest);
  });

  it('makes an archive that docker loads', async () => {
    await new Repository(server, 'export').push(image, 'v1');
    await new Repository(server, 'export').push(platforms, 'all');
    await berth(server, 'export', 'export:v1', 'export:all', '-o', at('export.tar'));
    const said = await dockerd.docker('load', '-i', at('export.tar'));
    expect(said).toContain('Loaded image: export:v1');
    expect((await dockerd.docker('images', '--no-trunc', '-q', 'export:v1')).trim()).toBe(id);
    expect(
      await dockerd.docker('run', '--rm', '--network', 'none', 'export:v1', '/bin/echo', 'it runs'),
    ).toContain('it runs');
  });

  it('makes an archive that podman loads', async () => {
    await new Repository(server, 'export').push(image, 'v1');
    await berth(server, 'export', 'export:v1', '-o', at('podman-load.tar'));
    await podman('rmi', '-f', id);
    expect(await podman('load', '-i', at('podman-load.tar'))).toMatch(/export:v1/);
    expect(await podman('images', '--no-trunc', '-q', '--filter', 'reference=*export:v1')).toContain(id);
    await podman('load', '-q', '-i', at('export.tar'));
    await podman('tag', id, 'localhost/source:v1');
  });

  it('makes an archive that skopeo reads as both of its kinds', async () => {
    await new Repository(server, 'export').push(platforms, 'all');
    await berth(server, 'export', 'export:v1', 'export:all', '-o', at('both.tar'));
    await skopeo(
      '--all',
      '--preserve-digests',
      `oci-archive:${at('both.tar')}:export:all`,
      `oci:${at('all')}:all`,
    );
    expect(readFileSync(join(at('all'), 'index.json'), 'utf8')).toContain(platforms.digest);
    await skopeo('--preserve-digests', `oci-archive:${at('both.tar')}:export:v1`, `oci:${at('one')}:one`);
    expect(readFileSync(join(at('one'), 'index.json'), 'utf8')).toContain(image.digest);
    await skopeo(`docker-archive:${at('both.tar')}:export:v1`, `dir:${at('unpacked')}`);
    expect(readFileSync(join(at('unpacked'), 'manifest.json'), 'utf8')).toContain(id);
  });

  it('makes an archive that containerd imports', async () => {
    await berth(server, 'export', 'export:v1', 'export:all', '-o', at('for-ctr.tar'));
    await containerd.ctr('images', 'import', '--no-unpack', '--all-platforms', at('for-ctr.tar'));
    const images = await containerd.ctr('images', 'ls');
    expect(images).toMatch(new RegExp(`docker.io/library/export:v1 +\\S+ +${image.digest}`));
    expect(images).toMatch(new RegExp(`docker.io/library/export:all +\\S+ +${platforms.digest}`));
  });

  it('exports artifacts and one platform of several, and takes its own archives back', async () => {
    const chart = artifactOf({ artifactType: 'application/vnd.cncf.helm.chart.v1' });
    await new Repository(server, 'charts/a').push(chart, '1.0');
    await berth(server, 'export', 'charts/a:1.0', '-o', at('chart.tar'));
    await berth(server, 'export', 'export:all', '--platform', 'linux/arm64', '-o', at('arm64.tar'));
    const fresh = await startBerth();
    try {
      for (const file of ['chart.tar', 'arm64.tar', 'both.tar']) await importArchive(fresh, at(file));
      await new Repository(fresh, 'charts/a').expectWhole('1.0', chart);
      await new Repository(fresh, 'export').expectWhole('v1', image);
      await new Repository(fresh, 'export').expectWhole('all', platforms);
    } finally {
      await fresh.dispose();
    }
  });

  it('leaves a file alone that is there, unless told otherwise', async () => {
    const file = workspace.file('there.tar', 'mine');
    await expect(berth(server, 'export', 'export:v1', '-o', file)).rejects.toThrow('is there already');
    expect(readFileSync(file, 'utf8')).toBe('mine');
    await berth(server, 'export', 'export:v1', '-o', file, '--force');
    expect(await run('tar', ['-tf', file])).toContain('manifest.json');
  });
});
