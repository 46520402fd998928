import { describe, expect, it } from 'vitest';
import { answer } from '../../test-answers.ts';
import { MOST_BYTES, readText } from './file-text.ts';

const { signal } = new AbortController();

async function textOf(content: string | Uint8Array<ArrayBuffer>): Promise<unknown> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const headers = { 'Content-Length': String(bytes.length) };
  answer({ 'GET /file': () => new Response(bytes, { headers }) });
  return await readText('/file', signal);
}

describe('readText', () => {
  it('takes UTF-8 for text', async () => {
    expect(await textOf('größer\n')).toEqual({ bytes: 9, text: 'größer\n' });
    expect(await textOf('')).toEqual({ bytes: 0, text: '' });
  });

  it.each([
    ['a zero', Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0)],
    ['what is no UTF-8', Uint8Array.of(0x66, 0xff, 0x66)],
    ['a character that ends early', Uint8Array.of(0x66, 0xc3)],
  ])('does not take %s for text', async (_, bytes) => {
    expect(await textOf(bytes)).toEqual({ bytes: bytes.length, text: null });
  });

  it('reads the beginning of a long text, without the character that is cut', async () => {
    const long = 'ü'.repeat(MOST_BYTES);
    expect(await textOf(`x${long}`)).toEqual({
      bytes: 2 * MOST_BYTES + 1,
      text: `x${long.slice(0, MOST_BYTES / 2 - 1)}`,
    });
  });
});
