import type { Resolved } from '../../registry/api/contract.ts';
import { post } from './api.ts';

/** What names are in this registry, and where they point now. */
export async function resolve(
  references: readonly string[],
  signal: AbortSignal,
): Promise<readonly Resolved[]> {
  const { resolved } = await post<{ resolved: readonly Resolved[] }>('/api/resolve', { references }, signal);
  return resolved;
}
