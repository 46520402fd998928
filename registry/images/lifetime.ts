import { parseDuration } from '../duration.ts';

/** A dot in front, because branches and services are called `set-ttl-1d` by people who mean nothing by it. */
const LIFETIME = /^.+\.ttl-([1-9]\d{0,4}[mhdw])$/;

/** The lifetime that a tag gives itself, `pr-12.ttl-3d`, in milliseconds; undefined if it gives none. */
export function lifetimeOf(tag: string): number | undefined {
  const [, duration] = LIFETIME.exec(tag) ?? [];
  return duration === undefined ? undefined : parseDuration(duration);
}
