/** From source, as tests run it, a worker is the one that was built. */
export function workerUrl(name: string): URL {
  const fromSource = import.meta.url.endsWith('.ts');
  return new URL(fromSource ? `../dist/${name}.js` : `./${name}.js`, import.meta.url);
}
