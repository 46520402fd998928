import { crc32 } from 'node:zlib';
import type { Steps } from '../pace.ts';

/** Who made a change: a user when there are users, the client program, and where it called from. */
export interface Actor {
  readonly user?: string;
  readonly client?: string;
  readonly address?: string;
}

/** Operations of one record take effect together or not at all. Their meaning is the catalog's affair. */
export interface JournalRecord<Operation = unknown> {
  /** 1 for the first record of a journal, and one more for each that follows. */
  readonly seq: number;
  /** The first record of the write that brought this one to the disk: all of that write was synced, or none. */
  readonly batch: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly actor: Actor;
  readonly ops: readonly Operation[];
}

const CHECKSUM_DIGITS = 8;
/** So many operations are encoded in one step. */
const FEW = 200;

/** One line: checksum of the JSON in 8 hex digits, a space, the JSON, a newline. docs/journal.md */
export function* encodeRecord({ seq, batch, time, actor, ops }: JournalRecord): Steps<Buffer[]> {
  const place = batch === seq ? { seq } : { seq, batch };
  const outer = JSON.stringify({ ...place, time: new Date(time).toISOString(), actor, ops: [] });
  const parts = [Buffer.from(outer.slice(0, -2))];
  for (let from = 0; from < ops.length; from += FEW) {
    yield;
    const list = JSON.stringify(ops.slice(from, from + FEW)).slice(1, -1);
    parts.push(Buffer.from(from === 0 ? list : `,${list}`));
  }
  parts.push(Buffer.from(']}'));
  const sum = parts.reduce((before, part) => crc32(part, before), 0);
  return [Buffer.from(`${hex(sum)} `), ...parts, Buffer.from('\n')];
}

/** The record of a line without its newline, or undefined when the line is not whole. */
export function decodeRecord<Operation>(line: string): JournalRecord<Operation> | undefined {
  const json = line.slice(CHECKSUM_DIGITS + 1);
  if (line[CHECKSUM_DIGITS] !== ' ' || line.slice(0, CHECKSUM_DIGITS) !== checksum(json)) return undefined;
  const {
    seq,
    batch = seq,
    time,
    actor,
    ops,
  } = JSON.parse(json) as Omit<JournalRecord<Operation>, 'time' | 'batch'> & { time: string; batch?: number };
  return { seq, batch, time: Date.parse(time), actor, ops };
}

/** CRC-32 (zlib's) of the bytes, or of the text's UTF-8 bytes, as 8 hex digits. */
export function checksum(text: string | Buffer): string {
  return hex(crc32(text));
}

function hex(sum: number): string {
  return sum.toString(16).padStart(CHECKSUM_DIGITS, '0');
}
