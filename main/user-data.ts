import { accessSync, constants, mkdirSync } from 'node:fs';
import { reasonOf } from './reason.ts';

/**
 * Makes the folder of the app, and says why it cannot be written to. Electron takes its lock for that of another app
 * then, and would end without a word.
 */
export function findProblem(userData: string, sessionData: string): Error | undefined {
  try {
    mkdirSync(sessionData, { recursive: true });
    for (const folder of [userData, sessionData]) accessSync(folder, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    return new Error(`Berth keeps its settings in ${userData}, which cannot be used. ${reasonOf(error)}`, {
      cause: error,
    });
  }
}
