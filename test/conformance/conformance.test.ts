import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const RUNNER = resolve(import.meta.dirname, 'run.mjs');
const TIMEOUT_MS = 360_000;

// Built while tests are collected, so that those that cannot run are shown as left out.
const prepared = conform('--prepare');
const leftOut = /^LEFT OUT: .*$/m.exec(prepared.stdout)?.[0];
if (leftOut !== undefined) console.warn(leftOut);

function conform(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [RUNNER, ...args], { encoding: 'utf8', timeout: TIMEOUT_MS });
}

describe('the OCI conformance suite', () => {
  it('can be built where it is required', () => {
    expect(prepared.status, prepared.stdout + prepared.stderr).toBe(0);
  });

  describe.skipIf(leftOut !== undefined || prepared.status !== 0)('against a server of its own', () => {
    it.each([
      ['1.1', 'spec 1.1, with the default settings'],
      ['dev', 'the coming spec, with the default settings'],
      ['1.1-sparse', 'spec 1.1, with sparse content allowed'],
      ['dev-sparse', 'the coming spec, with sparse content allowed'],
    ])('passes with nothing failed or skipped: %s (%s)', { timeout: TIMEOUT_MS }, (run) => {
      const { status, stdout, stderr } = conform(run);
      console.log(stdout);
      expect(status, stderr).toBe(0);
    });
  });
});
