import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, it } from 'vitest';
import { goInstall } from '../conformance/go-install.mjs';

/** CI sets it: there, a client that is missing is a failure and not a reason to leave its tests out. */
export const clientsRequired = process.env['BERTH_REQUIRE_CLIENTS'] === '1';

// Daemons live here, and a user's PATH often leaves it out.
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** The path of a program, or undefined when this machine has none of that name. */
export function findTool(name: string): string | undefined {
  for (const folder of [...(process.env['PATH'] ?? '').split(delimiter), ...SYSTEM_FOLDERS]) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      continue;
    }
  }
  return undefined;
}

/**
 * Describes tests that need programs (and `root`, a pseudo-program). Where one is missing they are left out
 * with a line that names it, or fail when every client is required.
 */
export function describeWith(needs: string[], name: string, tests: () => void): void {
  const missing = needs.filter((need) => (need === 'root' ? process.getuid?.() !== 0 : !findTool(need)));
  if (missing.length === 0) describe(name, tests);
  else leaveOut(name, `this machine lacks ${missing.join(', ')}`, clientsRequired);
}

/**
 * Describes tests of a client written in Go that Debian does not package: found on the PATH, or else built
 * from the Go module proxy. A module that the proxy refuses to hand out leaves the tests out everywhere.
 */
export async function describeWithGo(
  tool: string,
  module: string,
  tests: (path: string) => void,
): Promise<void> {
  const found = findTool(tool);
  if (found) return void describe(tool, () => tests(found));
  const built = await goInstall(tool, module);
  if (built.path !== undefined) return void describe(tool, () => tests(built.path));
  leaveOut(tool, built.reason, clientsRequired && !built.refused);
}

function leaveOut(name: string, reason: string, fails: boolean): void {
  console.warn(`LEFT OUT: ${name}: ${reason}`);
  describe(name, () => {
    if (!fails) return it.skip(reason);
    it('finds the client that BERTH_REQUIRE_CLIENTS=1 requires', () => {
      throw new Error(reason);
    });
  });
}
