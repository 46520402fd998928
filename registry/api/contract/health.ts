/** `GET /healthz` */
export interface Health {
  readonly status: 'ok';
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly dataFolder: string;
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug';
}

/** `GET /_stats` */
export interface Stats {
  readonly repositories: number;
  /** Of all repositories, without what is attached to them or only a part of them. */
  readonly images: number;
  readonly layers: {
    readonly count: number;
    /** Bytes of distinct layers. */
    readonly totalSize: number;
    readonly cacheHits: number;
    readonly cacheMisses: number;
    /** 0 to 1; 0 before the first layer. */
    readonly hitRate: number;
  };
  readonly repositoryDetails: readonly RepositoryStats[];
}

export interface RepositoryStats {
  readonly name: string;
  /** Without those that only attach something to an image that is here. */
  readonly tags: readonly string[];
  readonly imageCount: number;
  /** Bytes of all that its manifests name, each counted once. */
  readonly totalSize: number;
  /** ISO 8601. */
  readonly lastPush: string;
}
