import type { Command } from 'commander';
import type { ImportResult, Job, StagedImage, StagedImport } from '../api/contract.ts';
import { openArchive } from './archive-source.ts';
import type { Client } from './client.ts';
import { nameImages, parseAskedNames, type AskedNames, type Wish } from './import-names.ts';
import { count, formatBytes, printable } from './format.ts';
import { followJob } from './job.ts';
import { query, run, type Answer } from './query.ts';
import { upload } from './upload.ts';

interface ImportOptions {
  readonly as?: readonly string[];
  readonly dryRun?: boolean;
}

interface Outcome {
  readonly file: string;
  readonly staged: StagedImport;
  /** Absent for a dry run. */
  readonly result?: ImportResult;
}

const NOTHING = 'Nothing was imported.';

export function importCommand(): Command {
  return query('import', 'bring images in from archives, as docker and podman save them, and OCI layouts')
    .argument('<file>', 'an archive, the folder of an OCI layout, or - for standard input')
    .argument('[more...]', 'more of them')
    .option(
      '--as <name>',
      'what to call the image: repository:tag, or a repository alone; of several, WHICH=NAME for each',
      (value: string, before?: readonly string[]) => [...(before ?? []), value],
    )
    .option('--dry-run', 'only say what is inside')
    .action(run<ImportOptions>(importAll));
}

async function importAll(
  client: Client,
  file: string,
  options: ImportOptions,
  more: readonly string[],
): Promise<Answer> {
  const files = [file, ...more];
  const asked = parseAskedNames(options.as ?? [], files.length);
  const taken = new Taken();
  const outcomes: Outcome[] = [];
  for (const [index, each] of files.entries()) {
    try {
      outcomes.push(await importOne(client, each, asked, taken, options.dryRun === true));
    } catch (error) {
      if (more.length === 0) throw error;
      throw new Error(explain(outcomes, each, error, files.slice(index + 1)), { cause: error });
    }
  }
  return { json: outcomes, text: outcomes.map(describe).join('') };
}

/** What came before one that is refused stays imported. */
function explain(
  outcomes: readonly Outcome[],
  file: string,
  error: unknown,
  left: readonly string[],
): string {
  const why = `${printable(file)}: ${error instanceof Error ? error.message : String(error)}`;
  const rest = left.length === 0 ? '' : `\nNot tried: ${printable(left.join(', '))}`;
  return `${outcomes.map(describe).join('')}${why}${rest}`;
}

async function importOne(
  client: Client,
  file: string,
  asked: AskedNames,
  taken: Taken,
  isDryRun: boolean,
): Promise<Outcome> {
  const source = await openArchive(file);
  const staged = await upload(client, source);
  const path = `/api/imports/${staged.id}`;
  try {
    const images = nameImages(staged.images, asked);
    taken.add(file, images ?? []);
    if (isDryRun) {
      await client.request('DELETE', path);
      return { file, staged: renamed(staged, images) };
    }
    requireNames(staged, images);
    const { bytes } = await client.request(
      'POST',
      path,
      JSON.stringify(images === undefined ? {} : { images }),
    );
    const job = JSON.parse(bytes.toString()) as Job;
    const result = await followJob<ImportResult>(client, job, 'names', NOTHING);
    return { file, staged: renamed(staged, images), result };
  } catch (error) {
    await client.request('DELETE', path).catch(() => undefined);
    throw error;
  }
}

/** Names that were asked for, and for which file: the next must not take them without a word. */
class Taken {
  readonly #names = new Map<string, { readonly file: string; readonly digest: string }>();

  add(file: string, wishes: readonly Wish[]): void {
    for (const { digest, references } of wishes) {
      for (const reference of references) {
        const before = this.#names.get(reference);
        if (before !== undefined && before.digest !== digest) {
          throw new Error(
            `${reference} is what an image of ${before.file} is called. Import this one by itself.`,
          );
        }
        this.#names.set(reference, { file, digest });
      }
    }
  }
}

/** What is inside under the names that were asked for; only those of the archive are known to move. */
function renamed(staged: StagedImport, wishes: readonly Wish[] | undefined): StagedImport {
  if (wishes === undefined) return staged;
  const images = staged.images.map((image, index) => {
    const references = wishes[index]?.references ?? [];
    const replaces = image.replaces.filter(({ reference }) => references.includes(reference));
    return { ...image, references, replaces };
  });
  return { ...staged, images };
}

function requireNames({ images }: StagedImport, wishes: readonly Wish[] | undefined): void {
  const nameless = images.find(({ references }, index) => {
    return (wishes?.[index]?.references ?? references).length === 0;
  });
  if (nameless === undefined) return;
  const [offered = 'app:v1', ...more] = nameless.suggestions;
  // A repository alone keeps all tags apart.
  const name = images.length + more.length > 1 ? offered.replace(/:.*/, '') : offered;
  throw new Error(`An image in the archive has no name. Give it one: --as ${name}`);
}

function describe({ file, staged, result }: Outcome): string {
  const { format, bytes, images, warnings } = staged;
  const lines = [
    `${file === '-' ? 'standard input' : file}: ${format}, ${formatBytes(bytes)}, ${count(images.length, 'image')}.`,
    ...images.map((image) => `  ${describeImage(image)}`),
    ...warnings.map((warning) => `  Note: ${warning}`),
    ...(result === undefined ? [NOTHING] : describeResult(result)),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

function describeImage({
  references,
  suggestions,
  kind,
  platforms,
  layers,
  size,
  newBytes,
  replaces,
}: StagedImage): string {
  const name = references.length === 0 ? `(no name, maybe ${suggestions.join(', ')})` : references.join(', ');
  const parts = kind === 'index' ? count(layers, 'manifest') : count(layers, 'layer');
  const what = [...(platforms.length === 0 ? [kind] : [platforms.join(', ')]), parts, formatBytes(size)];
  const isNew = newBytes === 0 ? 'all of it is here' : `${formatBytes(newBytes)} of it new`;
  const moved = replaces.map(({ reference }) => reference).join(', ');
  return `${name}: ${what.join(', ')}, ${isNew}${moved === '' ? '' : `; moves ${moved}`}`;
}

function describeResult({ change, images, newBytes }: ImportResult): string[] {
  if (change === null) return ['Everything was here already.'];
  return [
    `Imported ${images.map(({ reference }) => reference).join(', ')}: ${formatBytes(newBytes)} new (change ${change}).`,
  ];
}
