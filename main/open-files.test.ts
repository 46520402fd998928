import { beforeEach, describe, expect, it, vi } from 'vitest';
import { filesIn } from './open-files.ts';

const app = vi.hoisted(() => ({ isPackaged: false, getAppPath: vi.fn<() => string>() }));
vi.mock('electron', () => ({ app }));

describe('filesIn', () => {
  const folder = import.meta.dirname;
  const program = process.execPath;
  const file = import.meta.filename;

  beforeEach(() => void app.getAppPath.mockReturnValue(folder));

  it('begins after the folder of the app', () => {
    expect(filesIn([program, '--inspect', '.', '--hidden', file], folder)).toEqual([file]);
  });

  it('leaves out the program where the folder of the app is not named', () => {
    app.getAppPath.mockReturnValue('/elsewhere');
    expect(filesIn([program, file], folder)).toEqual([file]);
  });
});
