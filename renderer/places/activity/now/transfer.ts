import type { Transfer, TransferBlob } from '../../../../registry/api/contract.ts';
import { formatDuration, formatSize, shortDigest } from '../../../components/format.ts';
import { layerColour } from '../../../components/layer-colour.ts';

/** `web/shop:1.4.2`; of what has no name yet, the repository. */
export function nameOf({ repository, reference }: Transfer): string {
  if (reference === null) return repository;
  return reference.includes(':') ? `${repository}@${shortDigest(reference)}` : `${repository}:${reference}`;
}

/** Seconds from its beginning to its end. */
export function secondsOf({ startedAt, endedAt }: Transfer): number {
  const end = endedAt === null ? Date.now() : new Date(endedAt).getTime();
  return Math.max(0, (end - new Date(startedAt).getTime()) / 1000);
}

/** Bytes that are still to come, as far as the client has said; undefined if it has not. */
function bytesLeft({ blobs }: Transfer): number | undefined {
  let left = 0;
  for (const { state, size, done } of blobs) {
    if (state !== 'running') continue;
    if (size === null) return undefined;
    left += size - done;
  }
  return left;
}

/**
 * Seconds until all of it is there, as far as can be told: never less than its longest layer takes by itself.
 *
 * @returns undefined if it stands still, or not all of it has said its size
 */
function secondsLeft(transfer: Transfer): number | undefined {
  const left = bytesLeft(transfer);
  if (!left || transfer.speed === 0) return undefined;
  const each = transfer.blobs.map((blob) => blobSecondsLeft(blob) ?? 0);
  return each.reduce((most, seconds) => Math.max(most, seconds), left / transfer.speed);
}

function blobSecondsLeft({ state, size, done, speed }: TransferBlob): number | undefined {
  return state !== 'running' || size === null || speed === 0 ? undefined : (size - done) / speed;
}

/** What went over the wire, what did not have to, how fast. */
export function figuresOf(transfer: Transfer): string {
  const { direction, bytes, saved, state } = transfer;
  const left = secondsLeft(transfer);
  const running = state === 'running';
  return [
    isWaiting(transfer) ? waitsFor(transfer) : '',
    bytes > 0 || !running ? `${formatSize(bytes)} ${direction === 'push' ? 'sent' : 'fetched'}` : '',
    saved > 0 ? `${formatSize(saved)} already here` : '',
    running ? rateOf(transfer) : '',
    running && left !== undefined ? `${formatDuration(left)} left` : '',
    state === 'done' ? `in ${formatDuration(secondsOf(transfer))}` : '',
  ]
    .filter(Boolean)
    .join(' · ');
}

/** Under way, and nothing of it moves. */
export const isWaiting = ({ state, speed }: Transfer): boolean => state === 'running' && speed === 0;

/** Why nothing moves, at length. */
export function waitOf({ client, direction, blobs }: Transfer): string {
  if (direction === 'pull')
    return `${client} asks for nothing at the moment. Berth answers as soon as it does.`;
  if (blobs.some(({ state }) => state === 'running'))
    return `${client} sends nothing at the moment: it reads a layer, or its network stands still. What has come is kept.`;
  return isBroken(blobs)
    ? `${client} broke off in the middle of a layer. What has come is kept, so that it can go on.`
    : `All layers are here. The image is complete as soon as ${client} sends its manifest.`;
}

/** What it means that nothing more came. */
export function stopOf({ client, direction }: Transfer): string {
  return direction === 'pull'
    ? `${client} stopped before it had all of it. When it pulls again, it need not fetch what it kept.`
    : `${client} stopped before it sent a manifest, so that there is no image. What came stays for a while, so that it can go on.`;
}

/** Whoever has sent all of another layer since then is going on. */
function isBroken(blobs: Transfer['blobs']): boolean {
  const broken = blobs.findLastIndex(({ state }) => state === 'failed');
  return broken !== -1 && !blobs.slice(broken + 1).some(({ state }) => state === 'done');
}

/** The same in short. */
function waitsFor({ blobs, direction }: Transfer): string {
  if (blobs.some(({ state }) => state === 'running')) return 'waiting for the client';
  if (isBroken(blobs)) return 'broken off, waiting for the client';
  return direction === 'push' ? 'waiting for the manifest' : 'waiting for the client';
}

/** That of the layer wherever it is seen; what comes in has no name before its end, and the accent until then. */
export function blobColour({ digest, state }: TransferBlob): string {
  return digest === null && state === 'running' ? 'var(--accent)' : layerColour(digest);
}

/** `4 s left`; why there is nothing to say, if there is a reason. */
export function remainderOf(blob: TransferBlob): string {
  const { state, size, done, speed } = blob;
  if (state === 'already here' || state === 'failed') return state;
  if (state === 'done') return '';
  if (speed === 0) return size === done ? 'all sent' : 'waiting';
  const left = blobSecondsLeft(blob);
  return left === undefined ? '' : `${formatDuration(left)} left`;
}

/** `1.2 MB of 3.4 MB`, as long as it is not all of it. */
export function amountOf({ state, size, done }: TransferBlob): string {
  const isPart = (state === 'running' || state === 'failed') && size !== null;
  return isPart ? `${formatSize(done)} of ${formatSize(size)}` : formatSize(size ?? done);
}

export const rateOf = ({ speed }: Pick<TransferBlob, 'speed'>): string =>
  speed > 0 ? `${formatSize(speed)}/s` : '';

/** In a tooltip. */
export function describeBlob(blob: TransferBlob): string {
  const name = blob.digest === null ? 'a layer' : shortDigest(blob.digest);
  return [name, amountOf(blob), rateOf(blob), remainderOf(blob)].filter(Boolean).join(', ');
}

/** Part of a layer that is there: 0 to 1; undefined while nobody knows how much there is. */
export function shareOf({ size, done, state }: TransferBlob): number | undefined {
  if (state === 'done' || state === 'already here') return 1;
  if (size === null) return undefined;
  return size === 0 ? 1 : Math.min(1, done / size);
}
