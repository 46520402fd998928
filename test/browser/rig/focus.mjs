export const focusOf = (page) => page.evaluate(findFocus);

/** Runs in the page. */
function findFocus() {
  const { activeElement: at, body } = document;
  if (at === null || at === body) return { what: 'nothing', nowhere: true, seen: false };
  const shown = document.getElementById(at.getAttribute('aria-activedescendant') ?? '') ?? at;
  const sample = body.appendChild(document.createElement('i'));
  sample.style.color = 'var(--focus)';
  const { color } = getComputedStyle(sample);
  sample.remove();

  const isRinged = (element) =>
    [null, '::after'].some((part) => {
      const { outlineStyle, outlineColor, boxShadow } = getComputedStyle(element, part);
      return (outlineStyle !== 'none' && outlineColor === color) || boxShadow.includes(color);
    });
  // The frame of a field may be around it.
  const frames = at.matches('input') ? [at.parentElement] : [];
  const { left, right, top, bottom, width, height } = shown.getBoundingClientRect();
  const isInside = right > 0 && bottom > 0 && left < innerWidth && top < innerHeight && width * height > 0;
  const name = at.getAttribute('aria-label') ?? at.textContent.trim().slice(0, 40);
  return {
    what: `${at.getAttribute('role') ?? at.localName} '${name}'`,
    nowhere: false,
    seen: isInside && [shown, at, ...frames].some(isRinged),
  };
}
