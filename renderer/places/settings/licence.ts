/** Of Berth or of something that is inside it. `licences.json` is a list of these, made when the window is built. */
export interface Licence {
  readonly name: string;
  readonly version: string;
  /** As SPDX calls it. */
  readonly licence: string;
  /** Null where the package comes without one. */
  readonly text: string | null;
}
