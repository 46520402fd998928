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
  /** Manifests that no index of their repository lists. */
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
  readonly tags: readonly string[];
  readonly imageCount: number;
  /** Bytes of all that its manifests name, each counted once. */
  readonly totalSize: number;
  /** ISO 8601. */
  readonly lastPush: string;
}
