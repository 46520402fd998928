/** Colours of tokens.css as numbers, for the tests that hold them to their contrast. */
export type Theme = 'light' | 'dark';

type Triple = readonly [number, number, number];

export interface Colour {
  readonly lightness: number;
  /** sRGB without its transfer curve, each 0 to 1. */
  readonly linear: Triple;
}

/** Finds a token's colour in a theme, through any number of `var()`. */
export function parseTokens(css: string, theme: Theme): (name: string) => Colour {
  return function find(name): Colour {
    const value = new RegExp(`--${name}:\\s*([^;]+);`).exec(css)?.[1];
    if (value === undefined) throw new Error(`There is no token --${name}.`);
    const other = /^var\(--([\w-]+)\)$/.exec(value.trim())?.[1];
    if (other !== undefined) return find(other);
    const colours = [...value.matchAll(/oklch\(([^)]+)\)/g)];
    const [l, c, h] = (colours[theme === 'dark' ? 1 : 0] ?? colours[0])?.[1]?.split(' ').map(Number) ?? [];
    if (l === undefined || c === undefined || h === undefined) throw new Error(`--${name} is no colour.`);
    return { lightness: l, linear: toLinear(l, c, (h * Math.PI) / 180) };
  };
}

/** WCAG 2's ratio, 1 to 21. */
export function contrast(one: Colour, other: Colour): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** What an eye makes of it, after Machado, Oliveira and Fernandes (2009), as OKLab. */
export function forEye({ linear }: Colour, eye: 'all' | 'red-blind' | 'green-blind'): Triple {
  if (eye === 'all') return toOklab(linear);
  const seen = EYES[eye].map(([r, g, b]) => Math.max(0, r * linear[0] + g * linear[1] + b * linear[2]));
  return toOklab(seen as unknown as Triple);
}

export function distance(one: Triple, other: Triple): number {
  return Math.hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2]);
}

const EYES: Readonly<Record<'red-blind' | 'green-blind', readonly Triple[]>> = {
  'red-blind': [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  'green-blind': [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
};

function luminance({ linear: [r, g, b] }: Colour): number {
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function toLinear(lightness: number, chroma: number, hue: number): Triple {
  const [a, b] = [chroma * Math.cos(hue), chroma * Math.sin(hue)];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const clip = (value: number): number => Math.min(1, Math.max(0, value));
  return [
    clip(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    clip(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    clip(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

function toOklab([r, g, b]: Triple): Triple {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}
