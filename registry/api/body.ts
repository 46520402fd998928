import type { Context } from 'koa';
import { RegistryError } from '../error.ts';
import { readBody } from '../http/body.ts';

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
