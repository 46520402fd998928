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

/** What is still to come, as far as the client has said; undefined if it has not. */
export function bytesLeft({ blobs }: Transfer): number | undefined {
  let left = 0;
  for (const { state, size, done } of blobs) {
    if (state !== 'running') continue;
    if (size === null) return undefined;
    left += size - done;
  }
  return left;
}

/** What went over the wire, what did not have to, how fast. */
export function figuresOf(transfer: Transfer): string {
  const { direction, bytes, saved, speed, state } = transfer;
  const left = bytesLeft(transfer);
  const running = state === 'running';
  return [
    bytes > 0 || !running ? `${formatSize(bytes)} ${direction === 'push' ? 'sent' : 'fetched'}` : '',
    saved > 0 ? `${formatSize(saved)} already here` : '',
    running ? rateOf(transfer) : '',
    running && speed > 0 && left ? `${formatDuration(left / speed)} left` : '',
    isWaiting(transfer) ? waitsFor(transfer) : '',
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
export function remainderOf({ state, size, done, speed }: TransferBlob): string {
  if (state === 'already here' || state === 'failed') return state;
  if (state === 'done') return '';
  if (speed === 0) return size === done ? 'all sent' : 'waiting';
  return size === null ? '' : `${formatDuration((size - done) / speed)} left`;
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
