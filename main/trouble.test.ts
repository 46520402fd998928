import { describe, expect, it } from 'vitest';
import { RegistryError } from '../registry/index.ts';
import { describeRepair, explainFailure, withoutCommandLine } from './trouble.ts';

const PLACE = { port: 5080, dataFolder: '/data' };

describe('withoutCommandLine', () => {
  it.each([
    [
      'Port 5080 is taken by nginx (process 412). Stop that program, or choose another port with --port.',
      'Port 5080 is taken by nginx (process 412). Stop that program.',
    ],
    [
      '/data was written by a newer version of Berth. Install that version, or choose another folder with --data.',
      '/data was written by a newer version of Berth. Install that version.',
    ],
    [
      'The journal is damaged: segment 2. Nothing was changed. Run "berth repair --data /data", which keeps all.',
      'The journal is damaged: segment 2. Nothing was changed.',
    ],
    ['Nothing to leave out.', 'Nothing to leave out.'],
    ['Choose another port with --port.', 'Choose another port with --port.'],
  ])('%s', (message, left) => {
    expect(withoutCommandLine(message)).toBe(left);
  });
});

describe('explainFailure', () => {
  it.each([
    [new RegistryError('PORT_TAKEN', 'Taken.'), 'port taken', 'choose another port'],
    [new RegistryError('JOURNAL_DAMAGED', 'Damaged.'), 'journal damaged', 'repair'],
    [new RegistryError('DATA_FOLDER_UNUSABLE', 'Read-only.'), 'folder unusable', 'choose another folder'],
    [
      new RegistryError('DATA_FOLDER_UNUSABLE', 'In use.', { detail: { problem: 'in use' } }),
      'folder in use',
      'try again',
    ],
    [new Error('boom'), 'other', 'try again'],
  ] as const)('knows %s', (error, kind, first) => {
    const trouble = explainFailure(error, PLACE);
    expect(trouble).toMatchObject({ kind, ...PLACE, repaired: null });
    expect(trouble.choices[0]).toBe(first);
    expect(trouble.choices).toContain('quit');
  });
});

describe('describeRepair', () => {
  it('says that there was nothing to do', () => {
    expect(describeRepair({ problems: [], missing: [] })).toBe('The journal is as it should be.');
  });
});
