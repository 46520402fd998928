import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findProblem } from './user-data.ts';

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

  it.skipIf(process.getuid?.() === 0)('names a folder that this user may not write to', () => {
    mkdirSync(join(folder, 'closed/window'), { recursive: true });
    chmodSync(join(folder, 'closed'), 0o500);
    expect(problem('closed')).toContain('This user may not read or write it.');
  });
});
