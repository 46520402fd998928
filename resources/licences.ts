import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Plugin } from 'vite';
import type { Licence } from '../renderer/places/settings/licence.ts';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const IN_PACKAGE = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/;
const LICENCE_FILE = /^(licen[cs]e|copying)(\.|-|$)/i;

/**
 * Puts `licences.json` beside the window: Berth, Electron, what is inside the bundles, and what is installed for
 * running, each with its licence. It reads what is in node_modules, and nothing else.
 *
 * @param root of the project
 */
export function licences(root: string): Plugin {
  const folders = new Set([root, join(root, 'node_modules/electron')]);
  return {
    name: 'licences',
    apply: 'build',
    // One for all bundles: the last of them is the window.
    sharedDuringBuild: true,
    generateBundle(_, bundle) {
      for (const part of Object.values(bundle)) {
        const files = part.type === 'chunk' ? part.moduleIds : part.originalFileNames;
        for (const file of files) addPackageOf(file, this.environment.config.root, folders);
      }
      if (this.environment.name !== 'client') return;
      addDependencies(root, folders);
      // A version may be installed in several places.
      const byName = new Map([...folders].map((folder) => [nameOf(folder), readLicence(folder)]));
      const list = [...byName].sort(([one], [other]) => one.localeCompare(other, 'en'));
      const source = JSON.stringify(list.map(([, licence]) => licence));
      this.emitFile({ type: 'asset', fileName: 'licences.json', source });
    },
  };
}

function addPackageOf(file: string, base: string, folders: Set<string>): void {
  const [folder] = IN_PACKAGE.exec(resolve(base, file.replace('\0', ''))) ?? [];
  if (folder !== undefined && existsSync(join(folder, 'package.json'))) folders.add(folder);
}

/** What npm installs for running it, at any depth. */
function addDependencies(folder: string, folders: Set<string>): void {
  const { dependencies, optionalDependencies } = readManifest(folder);
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const found = findPackage(folder, name);
    if (found === undefined) continue;
    const isNew = !folders.has(found);
    folders.add(found);
    if (isNew) addDependencies(found, folders);
  }
}

/** As Node looks for it: in the nearest node_modules above. */
function findPackage(from: string, name: string): string | undefined {
  const folder = join(from, 'node_modules', name);
  if (existsSync(join(folder, 'package.json'))) return folder;
  return dirname(from) === from ? undefined : findPackage(dirname(from), name);
}

function nameOf(folder: string): string {
  const { name, version } = readManifest(folder);
  return `${name} ${version}`;
}

function readLicence(folder: string): Licence {
  const { name, version, license } = readManifest(folder);
  const file = readdirSync(folder).find((each) => LICENCE_FILE.test(each));
  const text = file === undefined ? null : readFileSync(join(folder, file), 'utf8').trim();
  return { name, version, licence: license ?? 'see its text', text };
}

const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
