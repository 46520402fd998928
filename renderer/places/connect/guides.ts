/** A line or a file to copy, and what it is for. */
export interface Step {
  /** Words; code in them stands between backticks, as in notes. */
  readonly say: string;
  readonly text: string;
  /** What is copied, for people: `the push command`. */
  readonly what: string;
}

export interface Guide {
  readonly id: string;
  readonly label: string;
  /** What must be set before it works; empty if nothing must. */
  readonly once: readonly Step[];
  readonly steps: readonly Step[];
  readonly notes: readonly string[];
}

const IMAGE = 'app:v1';

/** What to type for each client. Berth speaks plain HTTP on this machine; clients differ in whether they must be told. */
export function guidesFor(address: string): readonly Guide[] {
  const image = `${address}/${IMAGE}`;
  const port = address.split(':')[1] ?? '80';
  const step = (say: string, text: string, what: string): Step => ({ say, text, what });
  const insecure = step(
    'So that `--tls-verify=false` need not be typed: `~/.config/containers/registries.conf.d/berth.conf`',
    `[[registry]]\nlocation = "${address}"\ninsecure = true`,
    'the registry’s entry',
  );
  return [
    {
      id: 'docker',
      label: 'Docker',
      once: [],
      steps: [
        step(
          'Give an image a name that begins with this registry',
          `docker tag ${IMAGE} ${image}`,
          'the tag command',
        ),
        step('Push it', `docker push ${image}`, 'the push command'),
        step('Pull it', `docker pull ${image}`, 'the pull command'),
        step(
          'Build several platforms and push them at once',
          `docker buildx build --platform linux/amd64,linux/arm64 -t ${image} --push .`,
          'the build command',
        ),
      ],
      notes: [
        'Nothing to set up: Docker takes registries on `localhost` without TLS.',
        `If the engine runs in a virtual machine and says “connection refused”, its \`localhost\` is not this machine. Then use \`host.docker.internal:${port}\` instead, and list it under \`insecure-registries\` in the engine’s settings.`,
        'A builder of its own (`docker-container` driver) has a `localhost` of its own: create it with `--driver-opt network=host`.',
      ],
    },
    {
      id: 'podman',
      label: 'Podman',
      once: [insecure],
      steps: [
        step('Push an image', `podman push --tls-verify=false ${IMAGE} ${image}`, 'the push command'),
        step('Pull it', `podman pull --tls-verify=false ${image}`, 'the pull command'),
      ],
      notes: [
        `With podman machine, \`localhost\` is the machine’s own: use \`host.containers.internal:${port}\`, and put the entry into the machine (\`podman machine ssh\`).`,
        '`podman pull --all-tags` does not hear `--tls-verify=false`: it needs the entry.',
      ],
    },
    {
      id: 'buildah',
      label: 'Buildah',
      once: [insecure],
      steps: [
        step('Build', `buildah build -t ${image} .`, 'the build command'),
        step('Push it', `buildah push --tls-verify=false ${image}`, 'the push command'),
        step('Pull it', `buildah pull --tls-verify=false ${image}`, 'the pull command'),
        step(
          'Keep the build cache here as well',
          `buildah build --layers --tls-verify=false --cache-to ${address}/cache --cache-from ${address}/cache -t ${image} .`,
          'the build command',
        ),
      ],
      notes: [],
    },
    {
      id: 'containerd',
      label: 'containerd',
      once: [],
      steps: [
        step('Push with nerdctl', `nerdctl push ${image}`, 'the push command'),
        step('Pull with nerdctl', `nerdctl pull ${image}`, 'the pull command'),
        step('Push with ctr', `ctr images push --plain-http ${image}`, 'the push command'),
        step('Pull with ctr', `ctr images pull --plain-http ${image}`, 'the pull command'),
      ],
      notes: [
        '`ctr` wants the whole name, tag included. `nerdctl` takes registries on `localhost` without TLS.',
      ],
    },
    {
      id: 'kind',
      label: 'kind',
      once: [],
      steps: [
        step('Get the image', `docker pull ${image}`, 'the pull command'),
        step('Hand it to the nodes of the cluster', `kind load docker-image ${image}`, 'the load command'),
        step(
          'Or let the nodes pull themselves, where they reach this machine as `host.docker.internal` (Docker Desktop). First the cluster, with `kind create cluster --config kind.yaml`; kind 0.27 and later need no such file',
          [
            'kind: Cluster',
            'apiVersion: kind.x-k8s.io/v1alpha4',
            'containerdConfigPatches:',
            '  - |-',
            '    [plugins."io.containerd.grpc.v1.cri".registry]',
            '      config_path = "/etc/containerd/certs.d"',
          ].join('\n'),
          'the cluster’s configuration',
        ),
        step(
          'Then what `localhost` means in each node',
          [
            'for node in $(kind get nodes); do',
            `  docker exec "$node" mkdir -p "/etc/containerd/certs.d/${address}"`,
            `  echo '[host."http://host.docker.internal:${port}"]' |`,
            `    docker exec -i "$node" tee "/etc/containerd/certs.d/${address}/hosts.toml"`,
            'done',
          ].join('\n'),
          'the commands',
        ),
      ],
      notes: [
        'The nodes are containers, and their `localhost` is not this machine. Berth listens on loopback only, which containers on Linux do not reach: there, `kind load` is the way.',
      ],
    },
    {
      id: 'helm',
      label: 'Helm',
      once: [],
      steps: [
        step('Package a chart', 'helm package ./app', 'the package command'),
        step('Push it', `helm push app-0.1.0.tgz oci://${address}/charts --plain-http`, 'the push command'),
        step(
          'Pull it',
          `helm pull oci://${address}/charts/app --version 0.1.0 --plain-http`,
          'the pull command',
        ),
        step(
          'Install it',
          `helm install app oci://${address}/charts/app --version 0.1.0 --plain-http`,
          'the install command',
        ),
      ],
      notes: ['`--plain-http` needs Helm 3.13 or later.'],
    },
    {
      id: 'skopeo',
      label: 'skopeo',
      once: [insecure],
      steps: [
        step(
          'Copy an image from Docker’s store',
          `skopeo copy --dest-tls-verify=false docker-daemon:${IMAGE} docker://${image}`,
          'the copy command',
        ),
        step(
          'Copy one from elsewhere, with all of its platforms',
          `skopeo copy --all --dest-tls-verify=false docker://docker.io/library/alpine docker://${address}/alpine`,
          'the copy command',
        ),
        step(
          'Copy one into a file',
          `skopeo copy --src-tls-verify=false docker://${image} docker-archive:app.tar:${IMAGE}`,
          'the copy command',
        ),
        step('Look at it', `skopeo inspect --tls-verify=false docker://${image}`, 'the inspect command'),
      ],
      notes: [],
    },
  ];
}
