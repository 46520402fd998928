import { configure } from '@testing-library/svelte';
// What a browser has and jsdom does not. Nothing is laid out there, so there is nothing to observe either.

class Unmoved implements ResizeObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}

globalThis.ResizeObserver ??= Unmoved;

globalThis.matchMedia ??= (media) =>
  Object.assign(new EventTarget(), {
    media,
    matches: false,
    onchange: null,
    addListener: () => undefined,
    removeListener: () => undefined,
  });

Element.prototype.scrollIntoView ??= () => undefined;
HTMLElement.prototype.showPopover ??= () => undefined;
HTMLElement.prototype.hidePopover ??= () => undefined;

HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
  this.open = true;
};
HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) {
  if (!this.open) return;
  this.open = false;
  this.dispatchEvent(new Event('close'));
};

// axe looks for fonts made of icons with it; there are none.
HTMLCanvasElement.prototype.getContext = () => null;

// What is awaited comes at once on a quiet machine; a busy one may take its time.
configure({ asyncUtilTimeout: 10_000 });
