export const CLIENTS = [
  { value: 'docker', label: 'docker' },
  { value: 'podman', label: 'podman' },
  { value: 'nerdctl', label: 'nerdctl' },
  { value: 'skopeo', label: 'skopeo' },
] as const;

export type Client = (typeof CLIENTS)[number]['value'];

const PULL: Readonly<Record<Client, (image: string) => string>> = {
  docker: (image) => `docker pull ${image}`,
  podman: (image) => `podman pull --tls-verify=false ${image}`,
  nerdctl: (image) => `nerdctl pull ${image}`,
  skopeo: (image) => `skopeo copy --src-tls-verify=false docker://${image} dir:image`,
};

/** What to type to get an image; podman and skopeo ask for TLS unless they are told that there is none. */
export function pullCommand(client: Client, address: string, name: string): string {
  return PULL[client](`${address}/${name}`);
}

export function parseClient(text: string): Client {
  return CLIENTS.find(({ value }) => value === text)?.value ?? 'docker';
}
