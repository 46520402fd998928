import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Berth } from '../../clients/berth.ts';
import { Repository } from '../../clients/repository.ts';
import { clientsRequired } from '../../clients/tools.ts';
import { CHROMIUM, launch } from './chromium.mjs';
import { watchFaults } from './faults.mjs';
import { watchRequests } from './requests.mjs';

export interface View {
  width?: number;
  height?: number;
  dark?: boolean;
  /** Faults that belong to what is tested. */
  faults?: RegExp;
}

const PATIENCE_MS = 30_000;

/** A registry of a test file's own with its built window, and one browser. */
export class Rig {
  berth!: Berth;
  #folder = '';
  #browser!: Browser;
  readonly #settled = new WeakMap<Page, () => Promise<void>>();
  #open: { context: BrowserContext; faults: string[]; expected: RegExp | undefined }[] = [];

  /** @param fill what the data folder holds before the registry starts */
  async start(fill?: (folder: string) => Promise<void>): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), 'berth-window-'));
    await fill?.(this.#folder);
    this.berth = await new Berth({ data: this.#folder }).start();
    this.#browser = await launch();
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    await this.berth.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** The window at a route, as somebody sees it who opens it for the first time. */
  async open(route = '', { width = 1280, height = 800, dark = false, faults }: View = {}): Promise<Page> {
    const context = await this.#browser.newContext({
      viewport: { width, height },
      colorScheme: dark ? 'dark' : 'light',
      reducedMotion: 'reduce',
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    this.#open.push({ context, faults: watchFaults(page), expected: faults });
    const settled = watchRequests(page);
    this.#settled.set(page, settled);
    await page.goto(`${this.berth.url}/${route}`);
    await page.getByRole('main').waitFor();
    return page;
  }

  /** All that the page asked for has come: nothing on it will change by itself. */
  async settled(page: Page): Promise<void> {
    await this.#settled.get(page)?.();
  }

  /** Closes what a test has opened, and fails it if something went wrong in there. */
  async closePages(): Promise<void> {
    const opened = this.#open;
    this.#open = [];
    for (const { context } of opened) await context.close();
    const faults = opened.flatMap((each) => each.faults.filter((fault) => !each.expected?.test(fault)));
    expect(faults, 'errors in the page').toEqual([]);
  }

  repository(name: string): Repository {
    return new Repository(this.berth, name);
  }
}

/** Describes what a person does in the window; left out with a line where there is no Chromium. */
export function describeWindow(
  name: string,
  specs: (rig: Rig) => void,
  fill?: (folder: string) => Promise<void>,
): void {
  if (!existsSync(CHROMIUM)) {
    leaveOut(name);
    return;
  }
  describe(name, () => {
    const rig = new Rig();
    beforeAll(() => rig.start(fill));
    afterAll(() => rig.stop());
    afterEach(() => rig.closePages());
    specs(rig);
  });
}

function leaveOut(name: string): void {
  console.warn(`LEFT OUT: ${name}: this machine lacks ${CHROMIUM}`);
  describe(name, () => {
    if (!clientsRequired) return it.skip('this machine lacks Chromium');
    it('finds the Chromium that BERTH_REQUIRE_CLIENTS=1 requires', () => {
      throw new Error(`there is no ${CHROMIUM}`);
    });
  });
}

export function imageRoute(repository: string, reference?: string, view?: 'layers'): string {
  const parts = [repository, reference, view].filter((part) => part !== undefined);
  return `#/images/${parts.map(encodeURIComponent).join('/')}`;
}

/** Waits for it; `expect.poll` for values that take a moment. */
export const eventually = <T>(ask: () => T | Promise<T>) =>
  expect.poll(ask, { timeout: PATIENCE_MS, interval: 50 });

export const clipboardOf = (page: Page): Promise<string> =>
  page.evaluate<string>('navigator.clipboard.readText()');

/** Tab after Tab, as somebody without a mouse, until it has the focus. */
export async function tabTo(page: Page, target: Locator, most = 60): Promise<void> {
  await target.waitFor();
  // From a key on there are rings.
  await page.keyboard.press('Shift');
  for (let press = 0; press < most; press += 1) {
    if (await isFocused(target)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${most} presses of Tab do not lead to ${String(target)}`);
}

/** Presses a button once it can be pressed: what it will do may have to be found out first. */
export async function pressButton(button: Locator): Promise<void> {
  await eventually(() => button.isEnabled()).toBe(true);
  await button.press('Enter');
}

export const isFocused = (target: Locator): Promise<boolean> =>
  target.evaluate((element) => element === element.ownerDocument.activeElement);
