import { invalid } from '../tar/tar-header.ts';
import { readStaged, type StagedFile } from './staged-files.ts';

export type Fields = Readonly<Record<string, unknown>>;

const LARGEST_JSON = 4 << 20;

/** @throws RegistryError ARCHIVE_INVALID */
export async function readJson(file: StagedFile, what: string): Promise<unknown> {
  const content = await readStaged(file, LARGEST_JSON, what);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content));
  } catch {
    throw invalid(`${what} is not JSON.`);
  }
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The strings of a list; undefined if it is none of strings. */
export function stringsOf(value: unknown): string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.every((each) => typeof each === 'string') ? value : undefined;
}
