import { describe, expect, it } from 'vitest';
import { TypeAhead } from './type-ahead.ts';

const NAMES = ['alpha', 'beta', 'bravo', 'v1', 'v10'];
const texts = { length: NAMES.length, at: (index: number) => NAMES[index] ?? '' };

describe('TypeAhead', () => {
  it('finds what the letters begin', () => {
    const typeAhead = new TypeAhead();
    expect(typeAhead.find('b', 1000, texts, 0)).toBe(1);
    expect(typeAhead.find('r', 1100, texts, 1)).toBe(2);
  });

  it('begins anew after a pause', () => {
    const typeAhead = new TypeAhead();
    typeAhead.find('b', 1000, texts, 0);
    expect(typeAhead.find('v', 3000, texts, 1)).toBe(3);
  });

  it('goes from one to the next with the same letter, and around', () => {
    const typeAhead = new TypeAhead();
    expect(typeAhead.find('v', 1000, texts, 0)).toBe(3);
    expect(typeAhead.find('v', 1100, texts, 3)).toBe(4);
    expect(typeAhead.find('v', 1200, texts, 4)).toBe(3);
  });

  it('finds nothing where nothing begins so', () => expect(new TypeAhead().find('z', 1, texts, 0)).toBe(-1));
});
