import type * as nodeFs from 'node:fs';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findProblem } from './user-data.ts';

/** To root, who may run this, no folder is. */
const closed = vi.hoisted(() => new Set<unknown>());

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof nodeFs>();
  const accessSync: typeof fs.accessSync = (path, mode) => {
    if (closed.has(path)) throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
    fs.accessSync(path, mode);
  };
  return { ...fs, accessSync };
});

describe('findProblem', () => {
  let folder: string;
  const problem = (name: string): string | undefined =>
    findProblem(join(folder, name), join(folder, name, 'window'))?.message;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'berth-user-data-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('makes the folder where there is none', () => {
    expect(problem('new/folder')).toBeUndefined();
    expect(problem('new/folder')).toBeUndefined();
  });

  it('names a folder that is a file, or has one in its way', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(problem('file')).toBe(
      `Berth keeps its settings in ${join(folder, 'file')}, which cannot be used. A part of the path is a file.`,
    );
    mkdirSync(join(folder, 'half'));
    writeFileSync(join(folder, 'half/window'), '');
    expect(problem('half')).toContain('A part of the path is a file.');
  });

  it('names a folder that this user may not write to', () => {
    closed.add(join(folder, 'closed'));
    expect(problem('closed')).toContain('This user may not read or write it.');
  });
});
