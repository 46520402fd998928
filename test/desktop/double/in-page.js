// Runs in every page before the page's own scripts, and gets the app's preload as a function. Electron gives that a
// world of its own; here it has a scope of its own, and values cross over as they do there: copied.
globalThis.electronDoubleStart = (preload) => {
  delete globalThis.electronDoubleStart;
  const invoke = window.electronDoubleInvoke;
  const pathsOf = window.electronDoublePaths;
  for (const name of ['electronDoubleInvoke', 'electronDoublePaths']) delete window[name];
  // Frames within the page get no preload.
  if (window !== window.top || invoke === undefined) return;

  const listeners = new Map();
  const paths = new WeakMap();

  const ipcRenderer = {
    async invoke(channel, ...args) {
      const { value, error } = await invoke(channel, args);
      if (error !== undefined) throw new Error(`Error invoking remote method '${channel}': ${error}`);
      return value;
    },
    on(channel, listener) {
      listeners.set(channel, [...(listeners.get(channel) ?? []), listener]);
    },
    removeListener(channel, listener) {
      const others = (listeners.get(channel) ?? []).filter((each) => each !== listener);
      listeners.set(channel, others);
    },
  };
  Object.defineProperty(window, 'electronDoubleEmit', {
    value(channel, args) {
      for (const listener of listeners.get(channel) ?? []) listener({}, ...args);
    },
  });

  function copy(value) {
    if (typeof value === 'function') return (...args) => copy(value(...args.map(copy)));
    if (value instanceof Promise) return value.then(copy);
    if (Array.isArray(value)) return value.map(copy);
    if (value instanceof Blob) return value;
    if (typeof value !== 'object' || value === null) return value;
    const members = Object.entries(value).map(([name, member]) => [name, copy(member)]);
    return Object.freeze(Object.fromEntries(members));
  }

  const electron = {
    contextBridge: {
      exposeInMainWorld(name, api) {
        Object.defineProperty(window, name, { value: copy(api), enumerable: true });
      },
    },
    ipcRenderer,
    webUtils: {
      getPathForFile(file) {
        if (!(file instanceof File)) throw new TypeError('getPathForFile expected to receive a File object');
        return paths.get(file) ?? '';
      },
    },
  };

  // Chromium tells paths only when asked, later: the event is held back, and happens again when they are known.
  function holdBack(type, filesOf, again) {
    const listen = async (event) => {
      const files = event.isTrusted ? [...(filesOf(event) ?? [])] : [];
      if (files.length === 0) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const { target } = event;
      window.electronDoubleFiles = files;
      const found = await pathsOf(files.length);
      for (const [index, file] of files.entries()) paths.set(file, found[index]);
      target.dispatchEvent(again(event, files));
    };
    window.addEventListener(type, (event) => void listen(event), true);
  }
  holdBack(
    'drop',
    ({ dataTransfer }) => dataTransfer?.files,
    ({ clientX, clientY }, files) => {
      const dataTransfer = new DataTransfer();
      for (const file of files) dataTransfer.items.add(file);
      return new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer, clientX, clientY });
    },
  );
  holdBack(
    'change',
    ({ target }) => target.files,
    () => new Event('change', { bubbles: true }),
  );

  const preloadModule = { exports: {} };
  const requireElectron = (name) => {
    if (name === 'electron') return electron;
    throw new Error(`electron double: a sandboxed preload cannot require ${name}`);
  };
  const ownProcess = { platform: 'linux', sandboxed: true, contextIsolated: true };
  preload(requireElectron, preloadModule, preloadModule.exports, ownProcess);
};
