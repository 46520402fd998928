// Puts the double in the place of the module `electron`: for import, and for require in what is bundled.
import Module, { register } from 'node:module';

const url = new URL('./electron.mjs', import.meta.url).href;
const hook = `export async function resolve(specifier, context, next) {
  if (!/^electron(\\/|$)/.test(specifier)) return next(specifier, context);
  return { url: ${JSON.stringify(url)}, shortCircuit: true };
}`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);

const { default: electron } = await import(url);
// oxlint-disable-next-line no-underscore-dangle -- what require goes through has no other name.
const load = Module._load;
// oxlint-disable-next-line no-underscore-dangle
Module._load = function loadOrDouble(name, ...others) {
  return name === 'electron' ? electron : load.call(this, name, ...others);
};
Object.defineProperty(process.versions, 'electron', { value: '45.4.1-double' });
// As Electron, which leaves its whole command line to the app: switches, modules to load, the app's folder.
process.argv.splice(1, 1);
