import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { RegistryError } from '../error.ts';
import { repairDataFolder } from '../repair/repair.ts';
import { describeRepair } from './repair-report.ts';

export interface RepairOptions {
  readonly data: string;
  readonly json?: boolean;
}

/** Works on the folder itself: a registry with a damaged journal does not start, so that none could be asked. */
export async function repair({ data, json }: RepairOptions): Promise<void> {
  const dataFolder = resolve(data.replace(/^~(?=\/|$)/, homedir()));
  try {
    const report = await repairDataFolder(dataFolder);
    process.stdout.write(json === true ? `${JSON.stringify(report, null, 2)}\n` : describeRepair(report));
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
