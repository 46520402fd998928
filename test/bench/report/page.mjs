import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { format, resolveConfig } from 'prettier';

const page = resolve(import.meta.dirname, '../../../docs/benchmarks.md');
const begin = '<!-- Written by npm run bench -- --write: change the bench, not these lines. -->';
const end = '<!-- The end of what the bench wrote. -->';

/**
 * Puts the measured part into docs/benchmarks.md. What people wrote around it stays.
 *
 * @param {string} measured Markdown
 */
export async function writePage(measured) {
  const block = `${begin}\n\n${measured}\n\n${end}\n`;
  const text = (await readPage()) ?? '# Benchmarks\n\n';
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  const kept = from >= 0 && to > from;
  const whole = kept ? text.slice(0, from) + block + text.slice(to + end.length + 1) : text + block;
  await mkdir(dirname(page), { recursive: true });
  await writeFile(page, await format(whole, { ...(await resolveConfig(page)), filepath: page }));
}

async function readPage() {
  try {
    return await readFile(page, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
