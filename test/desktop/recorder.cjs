// Keeps what the app shows on the system's surfaces, which no test can look at. Loaded before the app, with
// `electron -r`: into the double and into a real Electron alike.
'use strict';

const { clipboard, dialog, Notification, shell, Tray } = require('electron');

/** `shown`: what and when; `answers`: what the next dialogs of a kind are answered with. */
const recorded = { shown: [], answers: {}, tray: { toolTip: '' } };
globalThis.recorded = recorded;

function record(what, ...args) {
  recorded.shown.push({ what, args: JSON.parse(JSON.stringify(args)) });
}

function replace(object, name, replacement) {
  const original = object[name];
  object[name] = function recordAnd(...args) {
    return replacement.call(this, () => original.apply(this, args), ...args);
  };
}

for (const kind of ['showOpenDialog', 'showSaveDialog', 'showMessageBox']) {
  replace(dialog, kind, (answer, ...args) => {
    record(kind, args.at(-1));
    const given = recorded.answers[kind]?.shift();
    return given === undefined ? answer() : Promise.resolve(given);
  });
}
// It would wait for somebody to read it.
replace(dialog, 'showErrorBox', (_show, title, content) => console.error(`${title}: ${content}`));
// A test must not start the browser of the machine it runs on.
replace(shell, 'openExternal', async (_open, url) => record('openExternal', url));
replace(shell, 'openPath', async (_open, path) => (record('openPath', path), ''));
replace(shell, 'showItemInFolder', (_show, path) => record('showItemInFolder', path));
replace(clipboard, 'writeText', async (_write, text) => record('writeText', text));
replace(Notification.prototype, 'show', function show(showIt) {
  record('notification', { title: this.title, body: this.body });
  showIt();
});
replace(Tray.prototype, 'setContextMenu', function setContextMenu(set, menu) {
  recorded.tray.icon = this;
  recorded.tray.menu = menu;
  set();
});
replace(Tray.prototype, 'setToolTip', (set, text) => {
  recorded.tray.toolTip = text;
  set();
});
