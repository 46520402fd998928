import { layerHue } from './format.ts';

/** The colour of a layer wherever it is seen; of something that has no digest, a neutral one. */
export function layerColour(digest: string | null | undefined): string {
  return digest ? `var(--layer-${layerHue(digest)})` : 'var(--n7)';
}
