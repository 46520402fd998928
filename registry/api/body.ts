import type { Context } from 'koa';
import { RegistryError } from '../error.ts';
import { readBody } from '../http/body.ts';

const LARGEST_BODY = 1 << 20;

export type Fields = Readonly<Record<string, unknown>>;

/**
 * The body as an object; an empty one is an object without members.
 *
 * @param known as for `checkMembers`; absent if whoever takes them knows them
 * @throws RegistryError REQUEST_INVALID
 */
export async function readFields(
  ctx: Context,
  known?: readonly string[],
  limit = LARGEST_BODY,
): Promise<Fields> {
  const body = await readBody(ctx, limit);
  if (body.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch (error) {
    throw new RegistryError('REQUEST_INVALID', 'The body is not JSON.', { cause: error });
  }
  if (!isFields(value)) throw new RegistryError('REQUEST_INVALID', 'The body must be a JSON object.');
  if (known !== undefined) checkMembers(value, known);
  return value;
}

/**
 * Refuses other members than those. What is misspelt is not to be taken for absent: without its `reference` a deletion
 * is one of a whole repository.
 *
 * @throws RegistryError REQUEST_INVALID
 */
export function checkMembers(fields: Fields, known: readonly string[]): void {
  const other = Object.keys(fields).find((name) => !known.includes(name));
  if (other === undefined) return;
  const names = known.map((name) => `"${name}"`).join(', ');
  throw new RegistryError(
    'REQUEST_INVALID',
    `There is no member ${JSON.stringify(other.slice(0, 100))} here. There may be ${names}.`,
  );
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member that is an object of those members itself. */
export function object(fields: Fields, name: string, known: readonly string[]): Fields {
  const value = fields[name];
  if (!isFields(value)) throw new RegistryError('REQUEST_INVALID', `"${name}" must be an object.`);
  checkMembers(value, known);
  return value;
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

/** A member that is a list of texts. */
export function texts(fields: Fields, name: string, most = Infinity): string[] {
  const value = fields[name];
  const isList = Array.isArray(value) && value.every((each) => typeof each === 'string');
  if (isList && value.length <= most) return value;
  const bound = most === Infinity ? '' : ` at most ${most}`;
  throw new RegistryError('REQUEST_INVALID', `"${name}" must be a list of${bound} texts.`);
}

export function required(fields: Fields, name: string): string {
  const value = optional<string>(fields, name, 'string');
  if (value !== undefined) return value;
  throw new RegistryError('REQUEST_INVALID', `"${name}" is missing.`);
}
