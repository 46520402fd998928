import type { Digest } from '../../reference.ts';
import type { LayerCounts } from './image-tree.ts';
import type { FileEntry, ViewKind } from './view.ts';
import type { WastedFound } from './wasted.ts';

/** A layer as its manifest lists it. */
export interface LayerSource {
  readonly digest: Digest;
  /** Bytes as stored. */
  readonly size: number;
  /** Why it is not to be read, for people; null if it is. */
  readonly problem: string | null;
}

/** What the thread is told when it starts. */
export interface WorkerSettings {
  /** `blobs/` */
  readonly blobs: string;
  /** `cache/files/` */
  readonly cache: string;
  /** Bytes that the listings there may take. */
  readonly cacheLimit: number;
}

interface OfImage {
  readonly layers: readonly LayerSource[];
}

interface OfView extends OfImage {
  readonly layer: number;
}

/** What the thread is asked. What each resolves to, and what comes in parts before, is in `Answers`. */
export type Question =
  | ({ readonly kind: 'is cached' } & OfImage)
  | ({ readonly kind: 'read' } & OfImage)
  | ({
      readonly kind: 'list';
      readonly view: ViewKind;
      readonly path: string;
      readonly most: number;
    } & OfView)
  | ({
      readonly kind: 'search';
      readonly view: ViewKind;
      readonly text: string;
      readonly most: number;
    } & OfView)
  | ({
      readonly kind: 'wasted';
      /** Of this layer's files; of all if undefined. */
      readonly layer: number | undefined;
      readonly most: number;
    } & OfImage)
  | ({ readonly kind: 'walk'; readonly view: ViewKind; readonly path: string } & OfView)
  | ({ readonly kind: 'content'; readonly path: string } & OfView);

/** JSON in UTF-8, made in the thread: to write it takes longer than all that the others have time for. */
export type Json<T> = Uint8Array & { readonly of?: T };

export interface FolderList {
  readonly path: string;
  readonly entries: readonly FileEntry[];
  readonly truncated: boolean;
}

export interface Found {
  readonly entries: readonly FileEntry[];
  readonly total: number;
}

export interface Answers {
  readonly 'is cached': boolean;
  readonly read: readonly LayerCounts[];
  readonly list: Json<FolderList>;
  readonly search: Json<Found>;
  readonly wasted: Json<WastedFound>;
  /** Parts are lines of JSON, one for each `FileEntry`. */
  readonly walk: null;
  /** The first part is a `FileHead`, the others are bytes. */
  readonly content: null;
}

export interface FileHead {
  readonly name: string;
  readonly size: number;
}

export type ToWorker =
  | { readonly id: number; readonly kind: 'ask'; readonly question: Question }
  /** A part was taken: there is room for another. */
  | { readonly id: number; readonly kind: 'taken' }
  | { readonly id: number; readonly kind: 'cancel' };

export type FromWorker =
  | { readonly id: number; readonly kind: 'progress'; readonly done: number; readonly total: number }
  | { readonly id: number; readonly kind: 'part'; readonly value: unknown }
  | { readonly id: number; readonly kind: 'done'; readonly value: unknown }
  | { readonly id: number; readonly kind: 'failed'; readonly code: string | null; readonly message: string };

/** Parts that may be on their way at a time. */
export const PARTS_AHEAD = 4;
