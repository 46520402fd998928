/** The types of Berth's own API: all that the window knows of the registry. docs/http-api.md */
export type * from './contract/archives.ts';
export type * from './contract/digests.ts';
export type * from './contract/disk.ts';
export type * from './contract/events.ts';
export type * from './contract/files.ts';
export type * from './contract/health.ts';
export type * from './contract/history.ts';
export type * from './contract/images.ts';
export type * from './contract/jobs.ts';
export type * from './contract/reclaim.ts';
export type * from './contract/retention.ts';
export type * from './contract/settings.ts';
export type * from './contract/verify.ts';
