import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const SEED = process.env['BERTH_TORTURE_SEED'] ?? String(Math.floor(Math.random() * 1_000_000));
const RUN = resolve(import.meta.dirname, 'run.mjs');

/** What `npm run torture` does for as long as one likes, for a moment. docs/torture.md */
describe('torture', () => {
  it('keeps every promise through kills, power cuts and failing disks', { timeout: 600_000 }, async () => {
    console.log(`torture: seed ${SEED} (BERTH_TORTURE_SEED)`);
    expect(await torture('--seed', SEED, '--every', '50', '--minutes', '0.15')).toMatch(
      /every promise was kept\n$/,
    );
  });
});

/** What it printed; the reason of a failure is in it. */
async function torture(...args: string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [RUN, ...args]);
    return stdout;
  } catch (error) {
    return error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error);
  }
}
