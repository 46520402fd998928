/** Whether the palette is open; everything else about it lives as long as it is. */
export class Palette {
  open = $state(false);
}

export const palette = new Palette();
