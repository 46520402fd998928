import type { Command } from 'commander';
import { SETTING_NAMES, type Settings } from '../settings.ts';
import { parseBytes } from '../size.ts';
import { confirmLoss, lossOf } from './loss.ts';
import type { Client } from './client.ts';
import { formatBytes, formatList, formatTable } from './format.ts';
import { query, run, type Answer } from './query.ts';

const MEANINGS: Readonly<Record<keyof Settings, string>> = {
  undoDays: 'days in which a deletion can be undone',
  reclaimMinutes: 'minutes between two reclaims; or never',
  untaggedDays: 'days that untagged manifests stay',
  verifyDays: 'days between two checks of all content',
  budget: 'what all content may take: 20GB, none',
  reserve: 'what stays free of the disk: 1GB, 0',
  retention: 'rules by age and number, in JSON',
};

/** What is in force where nothing is set. */
const NULLS: Partial<Record<keyof Settings, string>> = {
  reclaimMinutes: 'never',
  untaggedDays: 'never',
  verifyDays: 'never',
  reserve: '512 MiB, or 5 % if less',
};

const SIZES = new Set<string>(['budget', 'reserve']);

export function settingsCommand(): Command {
  return query('settings', 'show the settings, or change one while the registry runs')
    .argument('[name]', SETTING_NAMES.join(', '))
    .argument('[value]', 'a number, a size such as 20GB, "never" or "none", or JSON for retention')
    .option('-y, --yes', 'also a budget or an undo window that takes what is here already, for good')
    .action(
      run<{ yes?: boolean }>((client, name, { yes = false }, [value]) => settings(client, name, value, yes)),
    );
}

async function settings(
  client: Client,
  name: string,
  value: string | undefined,
  isConfirmed: boolean,
): Promise<Answer> {
  if (name !== '' && !isSetting(name)) {
    throw new Error(`There is no setting named "${name}". There are ${SETTING_NAMES.join(', ')}.`);
  }
  const all =
    name === '' || value === undefined
      ? await client.json<Settings>('/api/settings')
      : await change(client, { [name]: parseValue(name, value) }, isConfirmed);
  const names = name === '' ? SETTING_NAMES : SETTING_NAMES.filter((each) => each === name);
  const rows = names.map((each) => [each, format(each, all[each]), name === '' ? MEANINGS[each] : '']);
  return {
    json: all,
    text: name === '' ? formatList(['SETTING', 'VALUE', 'MEANS'], rows) : formatTable(rows),
  };
}

async function change(client: Client, patch: Partial<Settings>, isConfirmed: boolean): Promise<Settings> {
  try {
    const body = JSON.stringify({ ...patch, ...(isConfirmed ? { confirm: true } : {}) });
    const { bytes } = await client.request('PATCH', '/api/settings', body);
    return JSON.parse(bytes.toString()) as Settings;
  } catch (error) {
    const loss = lossOf(error);
    if (loss === undefined) throw error;
    await confirmLoss(loss);
    return await change(client, patch, true);
  }
}

/** What the registry then accepts or refuses. */
export function parseValue(name: string, text: string): unknown {
  if (text === 'never' || text === 'none' || text === 'null') return null;
  if (SIZES.has(name)) {
    const bytes = parseBytes(text);
    if (bytes !== undefined) return bytes;
    throw new Error(
      `"${text}" is no size. Expected something like 20GB, 500MB or a number of bytes, or "none".`,
    );
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function format(name: keyof Settings, value: Settings[keyof Settings]): string {
  if (value === null) return NULLS[name] ?? 'none';
  if (typeof value === 'number') return SIZES.has(name) ? formatBytes(value) : String(value);
  return JSON.stringify(value);
}

function isSetting(name: string): name is keyof Settings {
  return SETTING_NAMES.some((each) => each === name);
}
