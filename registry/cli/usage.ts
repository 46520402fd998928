import type { Client } from './client.ts';
import { formatBytes, formatList } from './format.ts';
import type { Answer } from './query.ts';
import { parseTarget } from './reference.ts';

interface RepositoryUsage {
  readonly name: string;
  readonly size: number;
  readonly exclusive: number;
  readonly tags: readonly { readonly tag: string; readonly size: number; readonly exclusive: number }[];
}

interface TagUsage {
  readonly size: number;
  readonly exclusive: number;
  readonly sharedWith: readonly {
    readonly repository: string;
    readonly tag?: string;
    readonly bytes: number;
  }[];
}

/** What deleting something alone would free, and with whom the rest is shared. */
export async function showUsage(client: Client, text: string): Promise<Answer> {
  if (text === '') {
    const all = await client.json<{ repositories: RepositoryUsage[] }>('/api/usage');
    return {
      json: all,
      text: formatList(
        HEAD,
        all.repositories.map((each) => row(each.name, each)),
      ),
    };
  }
  const { name, reference } = parseTarget(text);
  const query = new URLSearchParams({
    repository: name,
    ...(reference === undefined ? {} : { tag: reference }),
  });
  if (reference === undefined) {
    const usage = await client.json<RepositoryUsage>(`/api/usage?${query}`);
    const tags = usage.tags.map((each) => row(`${name}:${each.tag}`, each));
    return { json: usage, text: formatList(HEAD, [row(name, usage), ...tags]) };
  }
  const usage = await client.json<TagUsage>(`/api/usage?${query}`);
  const shares = usage.sharedWith.map(({ repository, tag, bytes }) => [
    `shares with ${repository}${tag === undefined ? '' : `:${tag}`}`,
    formatBytes(bytes),
  ]);
  return { json: usage, text: formatList(HEAD, [row(`${name}:${reference}`, usage), ...shares]) };
}

const HEAD = ['NAME', 'SIZE', 'DELETING FREES'];

function row(name: string, { size, exclusive }: { size: number; exclusive: number }): string[] {
  return [name, formatBytes(size), formatBytes(exclusive)];
}
