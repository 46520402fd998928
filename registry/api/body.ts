import type { Context } from 'koa';
import { RegistryError } from '../error.ts';
import { readBody } from '../http/body.ts';
import { query } from '../http/request.ts';
import { parseDigest, parseName, parseTag } from '../reference.ts';

const LARGEST_BODY = 1 << 20;

export type Fields = Readonly<Record<string, unknown>>;

/**
 * The body as an object; an empty one is an object without members.
 *
 * @throws RegistryError REQUEST_INVALID
 */
export async function readFields(ctx: Context): Promise<Fields> {
  const body = await readBody(ctx, LARGEST_BODY);
  if (body.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch (error) {
    throw new RegistryError('REQUEST_INVALID', 'The body is not JSON.', { cause: error });
  }
  if (isFields(value)) return value;
  throw new RegistryError('REQUEST_INVALID', 'The body must be a JSON object.');
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member that is an object itself. */
export function object(fields: Fields, name: string): Fields {
  const value = fields[name];
  if (isFields(value)) return value;
  throw new RegistryError('REQUEST_INVALID', `"${name}" must be an object.`);
}

/** A tag or a digest. Anything with a colon was meant to be a digest: that is the better message. */
export function parseReference(text: string): string {
  return text.includes(':') ? parseDigest(text) : parseTag(text);
}

/** A member that may be absent. */
export function optional<T>(
  fields: Fields,
  name: string,
  type: 'string' | 'number' | 'boolean',
): T | undefined {
  const value = fields[name];
  if (value === undefined) return undefined;
  if (typeof value === type) return value as T;
  throw new RegistryError('REQUEST_INVALID', `"${name}" must be a ${type}.`);
}

export function required(fields: Fields, name: string): string {
  const value = optional<string>(fields, name, 'string');
  if (value !== undefined) return value;
  throw new RegistryError('REQUEST_INVALID', `"${name}" is missing.`);
}

/** `?name=`: a repository. Not in the path, because names have slashes. */
export function repositoryQuery(ctx: Context, parameter = 'repository'): string {
  const name = query(ctx, parameter);
  if (name === undefined) throw new RegistryError('REQUEST_INVALID', `?${parameter}= is missing.`);
  return parseName(name);
}

export function tagQuery(ctx: Context): string | undefined {
  const tag = query(ctx, 'tag');
  return tag === undefined ? undefined : parseTag(tag);
}

/** A switch in the address: `?empty-trash=true`, or without a value. */
export function flag(ctx: Context, name: string): boolean {
  const value = query(ctx, name);
  return value !== undefined && value !== 'false' && value !== '0';
}

/** @throws RegistryError REQUEST_INVALID */
export function numberQuery(ctx: Context, name: string): number | undefined {
  const text = query(ctx, name);
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new RegistryError('REQUEST_INVALID', `?${name}= must be a number from 0 on.`);
}
