import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { collectGarbage } from './collect-garbage.ts';

it('gives back at once what nothing refers to', async () => {
  const left = new WeakRef({ text: 'of a checkpoint' });
  await setImmediate();
  expect(left.deref()).toBeDefined();
  await setImmediate();
  collectGarbage();
  expect(left.deref()).toBeUndefined();
});
