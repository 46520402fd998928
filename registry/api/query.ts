import type { Context } from 'koa';
import { RegistryError } from '../error.ts';
import { query } from '../http/request.ts';
import { parseName, parseTag } from '../reference.ts';

/** @throws RegistryError REQUEST_INVALID */
export function requiredQuery(ctx: Context, name: string): string {
  const value = query(ctx, name);
  if (value !== undefined && value !== '') return value;
  throw new RegistryError('REQUEST_INVALID', `?${name}= is missing.`);
}

/** `?name=`: a repository. Not in the path, because names have slashes. */
export function repositoryQuery(ctx: Context, parameter = 'repository'): string {
  return parseName(requiredQuery(ctx, parameter));
}

export function tagQuery(ctx: Context): string | undefined {
  const tag = query(ctx, 'tag');
  return tag === undefined ? undefined : parseTag(tag);
}

/**
 * A switch in the address: `?empty-trash=true`, or without a value.
 *
 * @throws RegistryError REQUEST_INVALID
 */
export function flag(ctx: Context, name: string): boolean {
  const value = query(ctx, name) ?? 'false';
  if (value === '' || value === 'true' || value === '1') return true;
  if (value === 'false' || value === '0') return false;
  throw new RegistryError('REQUEST_INVALID', `?${name}= must be true or false.`);
}

/** @throws RegistryError REQUEST_INVALID */
export function numberQuery(ctx: Context, name: string): number | undefined {
  const text = query(ctx, name);
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new RegistryError('REQUEST_INVALID', `${name} must be a number from 0 on.`);
}
