export type GoInstall =
  | { path: string }
  | {
      path?: undefined;
      /** One sentence for people. */
      reason: string;
      /** The module proxy answered that it will not hand out this module: asking again is of no use. */
      refused: boolean;
    };

/** Builds `module@version` with Go's own tools into the cache, unless it is there, and returns its path. */
export function goInstall(tool: string, module: string): Promise<GoInstall>;
