import type { LayerSummary, PlatformImage } from '../../../../registry/api/contract.ts';

/** A line of the history; layers that no line names stand after it. */
export interface HistoryStep {
  readonly command: string;
  readonly comment: string;
  readonly created: string | null;
  readonly index: number | null;
  readonly layer: LayerSummary | null;
}

export function stepsOf({ history, layers }: PlatformImage): readonly HistoryStep[] {
  const named = new Set(history.map(({ layer }) => layer));
  const told = history.map(({ createdBy, comment, created, layer }) => ({
    command: createdBy,
    comment,
    created,
    index: layer,
    layer: layer === null ? null : (layers[layer] ?? null),
  }));
  const untold = layers.flatMap((layer, index) =>
    named.has(index) ? [] : [{ command: layer.createdBy ?? '', comment: '', created: null, index, layer }],
  );
  return [...told, ...untold];
}
