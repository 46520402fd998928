import { describe, expect, it } from 'vitest';
import { contrast, forEye, distance, parseTokens, type Theme } from './colour.ts';
import css from './tokens.css?raw';

const TEXT = ['text', 'text-2', 'text-3', 'accent-text', 'attention', 'danger', 'good'];
const SURFACES = [
  'surface',
  'surface-side',
  'surface-raised',
  'surface-sunken',
  'hover',
  'selected',
  'selected-quiet',
];
const LAYERS = Array.from({ length: 8 }, (_, index) => `layer-${index + 1}`);

describe.each(['light', 'dark'] as const)('tokens, %s', (theme: Theme) => {
  const tokens = parseTokens(css, theme);
  const of = (name: string) => tokens(name);

  it.each(SURFACES)('every text is readable on %s', (surface) => {
    const poor = TEXT.filter((text) => contrast(of(text), of(surface)) < 4.5);
    expect(poor).toEqual([]);
  });

  it('the text that is read most has AAA on every surface', () => {
    expect(SURFACES.filter((surface) => contrast(of('text'), of(surface)) < 7)).toEqual([]);
    expect(contrast(of('text-2'), of('surface'))).toBeGreaterThan(7);
  });

  it('soft grounds carry their own text', () => {
    expect(contrast(of('attention'), of('attention-soft'))).toBeGreaterThan(4.5);
    expect(contrast(of('danger'), of('danger-soft'))).toBeGreaterThan(4.5);
    expect(contrast(of('text'), of('danger-soft'))).toBeGreaterThan(7);
    expect(contrast(of('text'), of('attention-soft'))).toBeGreaterThan(7);
  });

  it.each([
    ['on-accent', 'accent'],
    ['on-accent', 'accent-hover'],
    ['on-danger', 'danger-solid'],
    ['on-danger', 'danger-solid-hover'],
  ])('%s is readable on %s', (text, ground) => {
    expect(contrast(of(text), of(ground))).toBeGreaterThan(4.5);
  });

  it.each(['focus', 'line-strong', ...LAYERS])('%s can be seen on every surface', (mark) => {
    const least = mark === 'focus' ? SURFACES : ['surface', 'surface-side'];
    expect(least.filter((surface) => contrast(of(mark), of(surface)) < 3)).toEqual([]);
  });

  it.each(LAYERS)('text is readable on %s', (layer) => {
    expect(contrast(of('on-layer'), of(layer))).toBeGreaterThan(4.5);
  });

  it('layers have one lightness', () => {
    expect(new Set(LAYERS.map((name) => of(name).lightness)).size).toBe(1);
  });

  it.each(['all', 'red-blind', 'green-blind'] as const)('%s eyes tell every two layers apart', (eye) => {
    const seen = LAYERS.map((name) => forEye(of(name), eye));
    const pairs = seen.flatMap((one, at) => seen.slice(at + 1).map((other) => distance(one, other)));
    // 0.02 is what an eye just notices.
    expect(Math.min(...pairs)).toBeGreaterThan(0.035);
  });
});
