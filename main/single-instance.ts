import { app } from 'electron';
import * as v from 'valibot';
import { HANDED_OVER, type OpenFiles } from './open-files.ts';

/** False for a second start, whose files the first one then has. */
export function isOnlyInstance(files: OpenFiles): boolean {
  return app.requestSingleInstanceLock({ files: files.early });
}

/** Takes the files of later starts, and shows the window. */
export function welcomeOthers(files: OpenFiles, show: () => void): void {
  app.on('second-instance', (_event, _argv, _folder, handedOver: unknown) => {
    show();
    const parsed = v.safeParse(HANDED_OVER, handedOver);
    if (parsed.success) files.open(parsed.output.files);
  });
}
