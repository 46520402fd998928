import { Notification } from 'electron';
import type { ImportResult, Job, ReclaimResult, Transfer } from '../registry/api/contract.ts';
import { formatBytes } from '../registry/index.ts';
import { count } from './format.ts';
import type { SettingsFile } from './settings.ts';

/** Several that come within this time are told together. */
const GATHER_MS = 2000;
const NAMED = 3;
/** Characters: more is shown nowhere. */
const LONGEST = 300;

interface Told {
  readonly title: string;
  readonly body: string;
}

/** Tells of what came about while nobody looked, unless that is turned off. */
export class Notifications {
  readonly #settings: SettingsFile;
  readonly #open: () => void;
  #arrived = new Set<string>();
  #gather: NodeJS.Timeout | undefined;
  /** Those on the screen: one that is collected as garbage loses its click. */
  readonly #shown = new Set<Notification>();

  /** @param open what a click on one does */
  constructor(settings: SettingsFile, open: () => void) {
    this.#settings = settings;
    this.#open = open;
  }

  /** The first is told at once, so that a single push is seen when it is done; what follows is gathered. */
  arrived({ repository, reference }: Pick<Transfer, 'repository' | 'reference'>): void {
    const image = nameOf(repository, reference);
    if (this.#gather !== undefined) {
      this.#arrived.add(image);
      return;
    }
    this.#tell(describeArrivals([image]));
    this.#gather = setTimeout(() => this.#tellGathered(), GATHER_MS);
    this.#gather.unref();
  }

  imported(name: string, { images, newBytes }: ImportResult): void {
    const references = images.map(({ reference }) => reference);
    const size = newBytes === 0 ? 'everything was here already' : `${formatBytes(newBytes)} new`;
    this.#tell({ title: `Imported ${name}`, body: `${list(references)}: ${size}` });
  }

  ended(job: Job): void {
    const told = describeCleanUp(job);
    if (told !== undefined) this.#tell(told);
  }

  failed(title: string, body: string): void {
    this.#tell({ title, body });
  }

  #tellGathered(): void {
    this.#gather = undefined;
    const images = [...this.#arrived];
    this.#arrived = new Set();
    if (images.length === 0) return;
    this.#tell(describeArrivals(images));
    this.#gather = setTimeout(() => this.#tellGathered(), GATHER_MS);
    this.#gather.unref();
  }

  #tell({ title, body }: Told): void {
    if (!this.#settings.current.notifications || !Notification.isSupported()) return;
    const notification = new Notification({ title, body: plain(body) });
    this.#shown.add(notification);
    notification.on('click', this.#open);
    for (const event of ['click', 'close', 'failed'] as const) {
      notification.on(event as 'close', () => this.#shown.delete(notification));
    }
    notification.show();
  }
}

/**
 * Electron hands the body on as it is, and desktops of Linux read markup in it: names of files and what archives say of
 * themselves are somebody else's words. Desktop Notifications Specification 1.2, "Markup".
 */
export function plain(body: string, platform: NodeJS.Platform = process.platform): string {
  const text = body.length > LONGEST ? `${body.slice(0, LONGEST - 1)}…` : body;
  if (platform !== 'linux') return text;
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

export function describeArrivals(images: readonly string[]): Told {
  if (images.length === 1) return { title: 'Image arrived', body: images[0] ?? '' };
  return { title: `${images.length} images arrived`, body: list(images) };
}

/** Undefined for what is no news: other jobs, and a clean-up that had nothing to do. */
export function describeCleanUp({ kind, state, result, error }: Job): Told | undefined {
  if (kind !== 'reclaim') return undefined;
  if (state === 'failed') return { title: 'The clean-up failed', body: error ?? '' };
  if (state !== 'done') return undefined;
  const { reclaimedBytes, deletedBlobs } = result as ReclaimResult;
  if (deletedBlobs === 0) return undefined;
  return { title: `Freed ${formatBytes(reclaimedBytes)}`, body: `${count(deletedBlobs, 'file')} removed.` };
}

function list(names: readonly string[]): string {
  const more = names.length - NAMED;
  const named = names.slice(0, NAMED).join(', ');
  return more > 0 ? `${named} and ${count(more, 'more', 'more')}` : named;
}

function nameOf(repository: string, reference: string | null): string {
  if (reference === null) return repository;
  return reference.includes(':') ? `${repository}@${reference.slice(0, 19)}` : `${repository}:${reference}`;
}
