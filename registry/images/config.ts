import { readInstruction } from './instruction.ts';
import { formatPlatform } from './platform.ts';

/** What a config says of an image, as far as people want to know it. OCI Image Spec 1.1, "Image Configuration". */
export interface ImageConfiguration {
  readonly platform: string | undefined;
  /** ISO 8601, as it is there. */
  readonly created: string | undefined;
  readonly author: string | undefined;
  /** Of the layers' uncompressed bytes, the lowest first. */
  readonly diffIds: readonly string[];
  readonly history: readonly HistoryStep[];
  readonly run: RunConfiguration;
}

export interface HistoryStep {
  /** As the Dockerfile had it, as far as the history tells. */
  readonly createdBy: string;
  readonly created: string | undefined;
  readonly comment: string;
  readonly isEmptyLayer: boolean;
}

export interface RunConfiguration {
  readonly user: string;
  readonly workingDir: string;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: readonly string[];
  readonly exposedPorts: readonly string[];
  readonly volumes: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly stopSignal: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** What is not as the spec has it counts as absent: anybody can push any config. Undefined for what is no object. */
export function parseConfig(content: Buffer): ImageConfiguration | undefined {
  const fields = parseFields(content);
  if (fields === undefined) return undefined;
  const rootfs = fieldsOf(fields['rootfs']);
  const run = fieldsOf(fields['config']);
  return {
    platform: formatPlatform(fields),
    created: time(fields['created']),
    author: text(fields['author']) || undefined,
    diffIds: texts(rootfs['diff_ids']),
    history: list(fields['history']).map((each) => parseStep(fieldsOf(each))),
    run: {
      user: text(run['User']),
      workingDir: text(run['WorkingDir']),
      entrypoint: texts(run['Entrypoint']),
      cmd: texts(run['Cmd']),
      env: texts(run['Env']),
      exposedPorts: Object.keys(fieldsOf(run['ExposedPorts'])),
      volumes: Object.keys(fieldsOf(run['Volumes'])),
      labels: textFields(run['Labels']),
      stopSignal: text(run['StopSignal']),
    },
  };
}

/** An object that is anybody's JSON, or undefined for anything else. */
export function parseFields(content: Buffer): Fields | undefined {
  try {
    const value: unknown = JSON.parse(content.toString());
    return isFields(value) ? value : undefined;
  } catch {
    // Whoever asks gets to know that there is nothing to be read in it.
    return undefined;
  }
}

export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Members that are strings. A plain object would take `__proto__` for something else. */
export function textFields(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(fieldsOf(value)).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(entries);
}

function parseStep(step: Fields): HistoryStep {
  return {
    createdBy: readInstruction(text(step['created_by'])),
    created: time(step['created']),
    comment: text(step['comment']),
    isEmptyLayer: step['empty_layer'] === true,
  };
}

function texts(value: unknown): string[] {
  return list(value).filter((each) => typeof each === 'string');
}

function time(value: unknown): string | undefined {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? value : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
