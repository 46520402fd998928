import type { StagedImage } from '../api/contract.ts';
import { parseArchiveName } from '../images/archives/names.ts';

/** What `--as` says. */
export interface AskedNames {
  /** `NAME`: of every image that is not named otherwise. */
  readonly all?: string;
  /** `WHICH=NAME`: of one image each. */
  readonly each: ReadonlyMap<string, string>;
}

/** An image, and what it is to be called. */
export interface Wish {
  readonly digest: string;
  readonly references: readonly string[];
}

/** An image of an archive, by what it is called there. */
export type Named = Pick<StagedImage, 'digest' | 'references' | 'suggestions'>;

const DIGEST_BEGINNING = /^(?:sha(?:256|512):)?[0-9a-f]{6,}$/;

/** @throws Error with a sentence for people */
export function parseAskedNames(values: readonly string[], files: number): AskedNames {
  const each = new Map<string, string>();
  const all: string[] = [];
  for (const value of values) {
    const at = value.indexOf('=');
    const [which, name] = [value.slice(0, at), value.slice(at + 1)];
    if (at < 0) all.push(value);
    else if (which === '' || name === '') throw new Error(`--as ${value}: say it as --as web:v1=app:v1.`);
    else if (each.has(which)) throw new Error(`--as names ${which} twice.`);
    else each.set(which, name);
  }
  const [one, ...more] = all;
  if (more.length > 0)
    throw new Error('--as NAME names all images. To name one of them: --as web:v1=app:v1.');
  if (files > 1 && each.size > 0) throw new Error('--as WHICH=NAME is for one file. Import them one by one.');
  if (files > 1 && one !== undefined && hasTag(one)) {
    throw new Error(
      `--as ${one} is one name, and there are ${files} files. Give a repository without a tag: --as ${withoutTag(one)}`,
    );
  }
  return one === undefined ? { each } : { all: one, each };
}

/**
 * @returns undefined if nothing was asked for
 * @throws Error with a sentence for people
 */
export function nameImages(images: readonly Named[], { all, each }: AskedNames): Wish[] | undefined {
  if (all === undefined && each.size === 0) return undefined;
  const own = new Map<Named, string>();
  for (const [which, name] of each) {
    const image = findImage(images, which);
    if (own.has(image)) throw new Error(`--as names ${which} twice.`);
    own.set(image, name);
  }
  const rest = images.filter((image) => !own.has(image));
  if (all !== undefined && hasTag(all) && rest.length > 1) {
    throw new Error(
      `The archive has ${images.length} images. Give a repository without a tag: --as ${withoutTag(all)}; ` +
        `or say which one it is: --as ${labelOf(images, images[0])}=${all}`,
    );
  }
  const wishes = images.map((image) => wishOf(image, own.get(image) ?? all));
  requireApart(images, wishes);
  return wishes;
}

/** A repository alone keeps the tags that the archive has. */
function wishOf({ digest, references, suggestions }: Named, name: string | undefined): Wish {
  if (name === undefined) return { digest, references };
  if (hasTag(name)) return { digest, references: [name] };
  const ends = [...references, ...suggestions].map((each) =>
    each.includes('@') ? each.slice(each.indexOf('@')) : each.slice(each.lastIndexOf(':')),
  );
  return { digest, references: [...new Set(ends)].map((end) => `${name}${end}`) };
}

function findImage(images: readonly Named[], which: string): Named {
  const known = images.filter(
    ({ digest, references, suggestions }) =>
      [...references, ...suggestions].some((name) => keyOf(name) === keyOf(which)) ||
      (DIGEST_BEGINNING.test(which) && (digest.startsWith(which) || digest.includes(`:${which}`))),
  );
  const [image, ...more] = known;
  if (image !== undefined && more.length === 0) return image;
  const wrong = image === undefined ? 'no image is' : `${known.length} images are`;
  const labels = (image === undefined ? images : known).map((each) => labelOf(images, each));
  const some = `${labels.slice(0, 10).join(', ')}${labels.length > 10 ? ' ...' : ''}`;
  throw new Error(`In the archive ${wrong} called ${which}. Say which one you mean: ${some}`);
}

function requireApart(images: readonly Named[], wishes: readonly Wish[]): void {
  const taken = new Map<string, Named>();
  for (const [index, { references }] of wishes.entries()) {
    const image = images[index];
    for (const reference of image === undefined ? [] : references) {
      const other = taken.get(keyOf(reference));
      if (other !== undefined && image !== undefined && other !== image) {
        const [one, two] = [labelOf(images, other), labelOf(images, image)];
        throw new Error(
          `Two images would be called ${reference}. Name one of them otherwise: --as ${one}=NAME or --as ${two}=NAME`,
        );
      }
      if (image !== undefined) taken.set(keyOf(reference), image);
    }
  }
}

/** How to say that one is meant. */
function labelOf(images: readonly Named[], image: Named | undefined): string {
  const { digest = '', references = [], suggestions = [] } = image ?? {};
  const isOwn = (name: string): boolean =>
    images.every((each) => each === image || ![...each.references, ...each.suggestions].includes(name));
  const name = [...references, ...suggestions].find((each) => !each.includes('@') && isOwn(each));
  return name ?? digest.slice(digest.indexOf(':') + 1).slice(0, 12);
}

function keyOf(name: string): string {
  const { repository, tag = '' } = parseArchiveName(name) ?? { repository: name };
  return `${repository}:${tag}`;
}

function hasTag(name: string): boolean {
  return /:[^/]*$/.test(name);
}

function withoutTag(name: string): string {
  return name.replace(/:[^:]*$/, '');
}
