/** The layer that the pointer or the keys are at, in the bar and in the steps alike. */
export class LayerFocus {
  /** Index of the layer. */
  at = $state<number>();
  /** The step that was asked for from the bar. */
  asked = $state.raw<{ readonly layer: number }>();
}
