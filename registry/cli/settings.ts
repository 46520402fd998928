import type { Command } from 'commander';
import { SETTING_NAMES, type Settings } from '../settings.ts';
import { parseBytes } from '../size.ts';
import type { Client } from './client.ts';
import { formatBytes, formatTable } from './format.ts';
import { query, run, type Answer } from './query.ts';

const SIZES = new Set<string>(['budget', 'reserve']);

export function settingsCommand(): Command {
  return query('settings', 'show the settings, or change one while the registry runs')
    .argument('[name]', SETTING_NAMES.join(', '))
    .argument('[value]', 'a number, a size such as 20GB, "never" or "none", or JSON for retention')
    .action(run((client, name, _, [value]) => settings(client, name, value)));
}

async function settings(client: Client, name: string, value: string | undefined): Promise<Answer> {
  if (name !== '' && !isSetting(name)) {
    throw new Error(`There is no setting named "${name}". There are ${SETTING_NAMES.join(', ')}.`);
  }
  const all =
    name === '' || value === undefined
      ? await client.json<Settings>('/api/settings')
      : await change(client, name, value);
  const names = name === '' ? SETTING_NAMES : SETTING_NAMES.filter((each) => each === name);
  const rows = names.map((each) => [each, format(each, all[each])]);
  return { json: all, text: formatTable(rows) };
}

async function change(client: Client, name: string, text: string): Promise<Settings> {
  const patch = JSON.stringify({ [name]: parseValue(name, text) });
  const { bytes } = await client.request('PATCH', '/api/settings', patch);
  return JSON.parse(bytes.toString()) as Settings;
}

/** What the registry then accepts or refuses. */
export function parseValue(name: string, text: string): unknown {
  if (text === 'never' || text === 'none' || text === 'null') return null;
  if (SIZES.has(name)) return parseBytes(text) ?? text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function format(name: keyof Settings, value: Settings[keyof Settings]): string {
  if (value === null) return name === 'reserve' ? '512 MiB or 5 %, whichever is less' : 'none';
  if (typeof value === 'number') return SIZES.has(name) ? formatBytes(value) : String(value);
  return JSON.stringify(value);
}

function isSetting(name: string): name is keyof Settings {
  return SETTING_NAMES.some((each) => each === name);
}
