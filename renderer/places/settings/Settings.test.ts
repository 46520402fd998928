import { render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { beforeEach, describe, expect, it } from 'vitest';
import type { BudgetLoss, UndoLoss } from '../../../registry/api/contract.ts';
import { router } from '../../state/router.svelte.ts';
import { toasts } from '../../state/toasts.svelte.ts';
import { undo } from '../../state/undo.svelte.ts';
import { answer, failure, type Asked } from '../../test-answers.ts';
import { parseBytes, writeBytes } from './bytes.ts';
import { ruleOf, sentenceOfRule, textOf } from './retention/rule-text.ts';
import Settings from './Settings.svelte';

const kept = {
  undoDays: 7,
  reclaimMinutes: 60,
  untaggedDays: 30,
  verifyDays: null,
  budget: null,
  reserve: null,
  retention: [{ repositories: 'ci/**', keepNewest: 3 }],
};

const server = {
  'GET /api/settings': kept,
  'PATCH /api/settings': ({ body }: Asked) => ({ ...kept, ...(body as object) }),
  'GET /api/retention': { byRule: [], deletions: [], staysByReason: [], bytes: 0 },
};

const loss: BudgetLoss = {
  limit: 1000,
  used: 62_000_000,
  tags: 46,
  manifests: 46,
  trashed: 0,
  ruled: 8,
  bytes: 62_000_000,
  short: 0,
  repositories: 15,
  byRepository: [{ repository: 'app', tags: 46, manifests: 46, bytes: 62_000_000 }],
  first: [{ repository: 'app', digest: 'sha256:00', tags: ['v1'], lastUsedAt: '2026-01-01T00:00:00Z' }],
};

const unconfirmed = (detail: BudgetLoss | UndoLoss) =>
  Response.json({ errors: [{ code: 'CONFIRMATION_REQUIRED', message: 'no', detail }] }, { status: 409 });

describe('Settings', () => {
  beforeEach(() => router.go({ place: 'settings' }));

  it('saves at once, and takes it back', async () => {
    const user = userEvent.setup();
    const asked = answer(server);
    render(Settings);
    const field = await screen.findByRole('textbox', { name: 'Budget' });
    await user.type(field, '20 GB{Enter}');
    const saved = () =>
      asked.filter(({ request }) => request === 'PATCH /api/settings').map(({ body }) => body);
    await expect.poll(saved).toEqual([{ budget: 20_000_000_000 }]);
    await undo.last();
    expect(saved()).toEqual([{ budget: 20_000_000_000 }, { budget: null }]);
  });

  it('shows at the field what the server says about it', async () => {
    const user = userEvent.setup();
    const sentence = 'undoDays must be a number of days, 0 for no way back.';
    answer({ ...server, 'PATCH /api/settings': () => failure(400, 'REQUEST_INVALID', sentence) });
    render(Settings);
    const field = await screen.findByRole('textbox', { name: 'Undo window, days' });
    await user.clear(field);
    await user.type(field, '-1{Enter}');
    expect((await screen.findByRole('alert')).textContent).toBe(
      'It must be a number of days, 0 for no way back.',
    );
    expect(field.getAttribute('aria-invalid')).toBe('true');
  });

  it.each([
    ['Untagged manifests go after, days', 'soon', 'Give a number of days.'],
    ['Free the disk every, minutes', ' ', 'Give a number of minutes.'],
    ['Undo window, days', 'a week', 'Give a number of days.'],
    ['Budget', 'much', 'Give a size such as 20 GB, or nothing for no limit.'],
    ['Leave free on the disk', 'much', 'Give a size such as 20 GB, or nothing for Berth’s choice.'],
  ])('changes nothing where %s is "%s"', async (name, text, sentence) => {
    const user = userEvent.setup();
    const asked = answer(server);
    render(Settings);
    const field = await screen.findByRole('textbox', { name });
    await user.clear(field);
    await user.type(field, `${text}{Enter}`);
    expect((await screen.findByRole('alert')).textContent).toBe(sentence);
    expect(field.getAttribute('aria-invalid')).toBe('true');
    expect(asked.some(({ request }) => request.startsWith('PATCH'))).toBe(false);
  });

  it('asks before a budget takes something for good', async () => {
    const user = userEvent.setup();
    const asked = answer({
      ...server,
      'PATCH /api/settings': ({ body }: Asked) =>
        'confirm' in (body as object) ? { ...kept, budget: 1000 } : unconfirmed(loss),
    });
    render(Settings);
    const field = await screen.findByRole<HTMLInputElement>('textbox', { name: 'Budget' });
    const sent = () => asked.filter(({ request }) => request.startsWith('PATCH')).map(({ body }) => body);
    await user.type(field, '1KB{Enter}');
    await screen.findByText('A budget of 1.0 kB deletes 46 tags for good.');
    screen.getByText('app:v1');
    screen.getByText(/retention rules take 8 tags before it/);
    expect(document.activeElement?.textContent).toBe('Cancel');
    await user.keyboard('{Enter}');
    expect(screen.queryByText(/^A budget of/)).toBeNull();
    expect([field.value, document.activeElement]).toEqual(['', field]);
    expect(sent()).toEqual([{ budget: 1000 }]);

    await user.type(field, '1KB{Enter}');
    await user.click(await screen.findByRole('button', { name: 'Delete 46 tags for good' }));
    expect(sent().slice(1)).toEqual([{ budget: 1000 }, { budget: 1000, confirm: true }]);
    expect(screen.queryByRole('button', { name: 'Cancel' })).toBeNull();
    expect(toasts.all.at(-1)?.action).toBeUndefined();
  });

  it('asks before a shorter undo window gives something up for good', async () => {
    const user = userEvent.setup();
    const undoLoss: UndoLoss = { undoDays: 0, images: 3, repositories: 2, bytes: 5_000_000 };
    const asked = answer({
      ...server,
      'PATCH /api/settings': ({ body }: Asked) =>
        'confirm' in (body as object) ? { ...kept, undoDays: 0 } : unconfirmed(undoLoss),
    });
    render(Settings);
    const field = await screen.findByRole<HTMLInputElement>('textbox', { name: 'Undo window, days' });
    const sent = () => asked.filter(({ request }) => request.startsWith('PATCH')).map(({ body }) => body);
    const before = field.value;
    await user.clear(field);
    await user.type(field, '0{Enter}');
    await screen.findByText('An undo window of 0 days gives up 3 images for good.');
    screen.getByText(/3 images in the trash of 2 repositories, 5\.0 MB/);
    expect(field.getAttribute('aria-invalid')).toBe('true');
    await user.keyboard('{Enter}');
    expect(screen.queryByText(/^An undo window of/)).toBeNull();
    expect([field.value, document.activeElement]).toEqual([before, field]);

    await user.clear(field);
    await user.type(field, '0{Enter}');
    await user.click(await screen.findByRole('button', { name: 'Give up 3 images for good' }));
    expect(sent().at(-1)).toEqual({ undoDays: 0, confirm: true });
    expect(screen.queryByRole('button', { name: 'Cancel' })).toBeNull();
    expect(toasts.all.at(-1)?.action).toBeUndefined();
  });

  it('switches off what need not happen by itself', async () => {
    const user = userEvent.setup();
    const asked = answer(server);
    render(Settings);
    await user.click(await screen.findByRole('switch', { name: 'Free the disk every' }));
    await expect.poll(() => asked.at(-1)?.body).toEqual({ reclaimMinutes: null });
  });

  it('shows what it is made of, with the text of each licence', async () => {
    const user = userEvent.setup();
    const licence = { name: 'koa', version: '3.3.0', licence: 'MIT', text: 'Permission is hereby granted' };
    const asked = answer({ ...server, 'GET /licences.json': [licence] });
    render(Settings);
    const summary = await screen.findByText(/^ ?Licences: MIT/);
    expect(asked.some(({ request }) => request === 'GET /licences.json')).toBe(false);
    await user.click(summary);
    await screen.findByText('1 package, as they are inside this version, with their licences.');
    await user.click(screen.getByText('koa'));
    expect(screen.getByText('Permission is hereby granted')).toBeTruthy();
  });

  it('has no violation that axe finds, in its rules neither', async () => {
    answer(server);
    const { container } = render(Settings);
    await screen.findByRole('textbox', { name: 'Budget' });
    expect((await axe.run(container)).violations).toEqual([]);
    router.go({ place: 'settings', rest: ['retention'] });
    await screen.findByRole('button', { name: 'Remove rule 1' });
    expect((await axe.run(container)).violations).toEqual([]);
  });
});

describe('sizes', () => {
  it.each([
    ['20 GB', 20e9],
    ['1.5tb', 1.5e12],
    ['512 MiB', 512 * 2 ** 20],
    ['1000', 1000],
  ])('%s is read', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it('are written as they were typed', () => {
    expect(writeBytes(20e9)).toBe('20 GB');
    expect(writeBytes(1.5e12)).toBe('1.5 TB');
    expect(parseBytes(writeBytes(123_456_789))).toBe(123_456_789);
    expect(parseBytes('much')).toBeUndefined();
  });
});

describe('rules', () => {
  it.each([
    { repositories: '**', protect: ['release-*', 'latest'] },
    { repositories: 'ci/**', tags: 'pr-*', keepNewest: 3, keepDays: 1.5, untaggedDays: null },
  ])('come out of their fields as they went in', (rule) => {
    expect(ruleOf(textOf(rule))).toEqual(rule);
  });

  it('are said in a sentence', () => {
    expect(sentenceOfRule({ repositories: 'ci/**', tags: 'main' })).toBe(
      'Tags like main stay, whatever the rules below say.',
    );
    expect(sentenceOfRule({ repositories: '**', protect: ['v*'] })).toBe('Nothing overwrites or deletes v*.');
  });
});
