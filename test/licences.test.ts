import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Licence } from '../renderer/places/settings/licence.ts';

const root = resolve(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const filesBelow = (folder: string, end: RegExp): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => end.test(name))
    .map((name) => `${folder}/${name}`);

const list = JSON.parse(read('dist/window/licences.json')) as Licence[];
const known = new Set(list.map(({ name, version }) => `${name}@${version}`));
const names = new Set(list.map(({ name }) => name));

/** The package of each file that a path in node_modules names. */
function packagesIn(text: string): string[] {
  const found = text.matchAll(/node_modules\/((?:@[^/"]+\/)?[^/"@]+)\/(?!node_modules)/g);
  return Array.from(found, ([, name = '']) => name);
}

/** The package of each import that is left when types are gone, and of each file that a style names. */
function importsIn(text: string): string[] {
  const found = text.matchAll(
    /(?:import (?!type)[^;]*? from |import |url\()'((?:@[\w-]+\/)?[a-z][\w-]*)(?:\/[^']*)?'/g,
  );
  return Array.from(found, ([, name = '']) => name);
}

describe('licences.json', () => {
  it('has everything that is installed for running, in each version', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { version: string; dev?: boolean; devOptional?: boolean }>;
    };
    const installed = Object.entries(packages).filter(
      ([path, { dev, devOptional }]) => path !== '' && dev !== true && devOptional !== true,
    );
    expect(installed.length).toBeGreaterThan(30);
    const missing = installed
      .map(([path, { version }]) => `${path.slice(path.lastIndexOf('node_modules/') + 13)}@${version}`)
      .filter((each) => !known.has(each));
    expect(missing).toEqual([]);
  });

  it('has everything that is inside the bundles of the registry and the app', () => {
    const maps = filesBelow('dist', /\.js\.map$/).map(read);
    expect(maps.length).toBeGreaterThan(5);
    const inside = new Set(maps.flatMap(packagesIn));
    expect(inside).toContain('koa');
    expect([...inside].filter((name) => !names.has(name))).toEqual([]);
  });

  it('has everything that the window takes from packages', () => {
    const sources = filesBelow('renderer', /(?<!\.test)\.(ts|svelte|css)$/)
      .filter((path) => !/renderer\/(test-|.*\/test-)/.test(path))
      .map(read);
    const used = new Set(sources.flatMap(importsIn));
    expect(used).toContain('svelte');
    expect(used).toContain('@fontsource-variable/jetbrains-mono');
    expect([...used].filter((name) => !names.has(name))).toEqual([]);
  });

  it('has Berth and Electron, and each once with a licence and its text', () => {
    expect(known.size).toBe(list.length);
    expect(names).toContain('berth');
    expect(names).toContain('electron');
    expect(list.filter(({ licence }) => !/^[\w.()-]+( (OR|AND) [\w.()-]+)*$/.test(licence))).toEqual([]);
    // It has none.
    const without = list.filter(({ text }) => (text ?? '').length < 200).map(({ name }) => name);
    expect(without).toEqual(['koa-compose']);
  });
});
