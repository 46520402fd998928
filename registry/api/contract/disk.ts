/** `GET /api/disk`: what uses the disk, for the treemap and the head of the place. */
export interface DiskUse {
  /** Of the file system: `used`, `others`, `reserved` and `free` add up to it. */
  readonly total: number;
  readonly free: number;
  /** Free as well, but kept by the file system for itself and for the administrator: ext4 does so. */
  readonly reserved: number;
  /** What other programs take. */
  readonly others: number;
  /** Bytes of the data folder, as the file system counts them. */
  readonly used: number;
  /** Its parts; they add up to `used`. */
  readonly parts: {
    readonly content: number;
    readonly uploads: number;
    readonly journal: number;
    readonly cache: number;
    readonly quarantine: number;
    readonly other: number;
  };
  /** Of the content: what a reclaim would free now. */
  readonly reclaimable: number;
  /** Of the content: what only the trash keeps. */
  readonly trash: number;
  /** Of the content: what no manifest names yet, and a push under way may need. */
  readonly pending: number;
  readonly budget: number | null;
  /** With `reclaimable`, `trash` and `pending`, their parts add up to the content. */
  readonly repositories: readonly DiskRepository[];
}

/** Bytes of the disk, without what is in the repository's trash. */
export interface DiskRepository {
  readonly name: string;
  readonly exclusive: number;
  /** What it has in common with other repositories. */
  readonly shared: number;
  /** What is its own, and of what several have in common as much as each of the others gets. */
  readonly part: number;
  readonly tags: number;
}

/** `GET /api/disk/repository?name=`: the distinct layers of a repository, the largest first, at most 2,000. */
export interface RepositoryContent {
  readonly layers: readonly {
    readonly digest: string;
    readonly size: number;
    /** Tags of this repository that need it, at most five of them by name. */
    readonly tags: readonly string[];
    readonly tagCount: number;
    /** Other repositories that need it. */
    readonly repositories: readonly string[];
  }[];
}

/** `GET /api/about` */
export interface About {
  readonly version: string;
  readonly node: string;
  readonly platform: string;
  readonly dataFolder: string;
  /** Where it listens: `http://127.0.0.1:5080`. */
  readonly url: string;
  /** What to put before a repository's name on this machine: `localhost:5080`. */
  readonly address: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly logLevel: string;
}
