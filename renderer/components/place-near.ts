export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const MARGIN = 8;

/** Where something of a size floats so that it is near `anchor` and wholly in the window: below, else above. */
export function placeNear(
  anchor: Box,
  size: { readonly width: number; readonly height: number },
  view: { readonly width: number; readonly height: number },
  { gap = 4, align = 'start' }: { gap?: number; align?: 'start' | 'center' | 'end' } = {},
): { readonly x: number; readonly y: number } {
  const middle = (anchor.left + anchor.right - size.width) / 2;
  const wanted = { start: anchor.left, center: middle, end: anchor.right - size.width }[align];
  const below = anchor.bottom + gap;
  const above = anchor.top - gap - size.height;
  const fits = below + size.height <= view.height - MARGIN || above < MARGIN;
  return {
    x: clamp(wanted, MARGIN, view.width - size.width - MARGIN),
    y: clamp(fits ? below : above, MARGIN, view.height - size.height - MARGIN),
  };
}

const clamp = (value: number, low: number, high: number): number => Math.max(low, Math.min(value, high));
