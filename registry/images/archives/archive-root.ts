import type { StagedFile, StagedFiles } from './staged-files.ts';

/** What tells where an archive's own root is. */
const MARKS = ['oci-layout', 'index.json', 'manifest.json', 'repositories'];

/** People pack the folder and not what is in it. */
const DEEPEST = 3;

/** The files of an archive below its root, which may be a folder in it. */
export class ArchiveRoot {
  readonly #files: StagedFiles;
  readonly #prefix: string;

  constructor(files: StagedFiles) {
    this.#files = files;
    const paths = files.paths.filter((path) => !isOfMacOS(path));
    let prefix = '';
    for (let depth = 0; depth < DEEPEST; depth += 1) {
      if (MARKS.some((mark) => files.find(`${prefix}${mark}`) !== undefined)) break;
      const folders = new Set(paths.map((path) => path.slice(prefix.length).split('/', 1)[0] ?? ''));
      const [only = ''] = folders;
      if (folders.size !== 1 || paths.some((path) => path === `${prefix}${only}`)) break;
      prefix += `${only}/`;
    }
    this.#prefix = prefix;
  }

  find(path: string): StagedFile | undefined {
    return this.#files.find(`${this.#prefix}${path}`);
  }

  has(path: string): boolean {
    return this.find(path) !== undefined;
  }
}

/** What macOS puts beside everything. */
function isOfMacOS(path: string): boolean {
  return /(?:^|\/)(?:\._[^/]*|\.DS_Store)$/.test(path);
}
