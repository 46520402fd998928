import { LONGEST_NAME } from '../sample/odd.mjs';

/**
 * Everything that a picture is taken of. `on`: the data folder. `act`: what is done before, with the page.
 * `readme`: where in docs/images/ it goes, from which theme.
 */
export const CASES = [
  { on: 'empty', name: 'images', route: '#/images' },
  { on: 'empty', name: 'layers', route: '#/layers' },
  { on: 'empty', name: 'disk', route: '#/disk' },
  { on: 'empty', name: 'activity', route: '#/activity' },
  { on: 'empty', name: 'changes', route: '#/activity/changes' },
  { on: 'empty', name: 'connect', route: '#/connect' },
  { on: 'empty', name: 'settings', route: '#/settings' },

  { on: 'full', name: 'repositories', route: '#/images' },
  { on: 'full', name: 'search', route: '#/images', act: search('1.4') },
  { on: 'full', name: 'repository', route: '#/images/web%2Fshop' },
  {
    on: 'full',
    name: 'image',
    route: '#/images/web%2Fshop/latest',
    readme: { light: 'images.png' },
  },
  { on: 'full', name: 'image-end', route: '#/images/web%2Fshop/latest', act: scrollToEnd },
  { on: 'full', name: 'artifact', route: '#/images/charts%2Fgateway/0.3.1' },
  { on: 'full', name: 'several', route: '#/images/ci%2Fgateway', act: markSome },
  { on: 'full', name: 'delete', route: '#/images/ci%2Fgateway', act: beginDeletion },
  { on: 'full', name: 'tag', route: '#/images/web%2Fshop/latest', act: click('Tag…') },
  { on: 'full', name: 'tag-moves', route: '#/images/web%2Fshop/latest', act: tagOver('web/shop:1.3.8') },
  { on: 'full', name: 'expire', route: '#/images/ci%2Fgateway', act: beginExpiry },
  { on: 'full', name: 'put-back', route: '#/images/web%2Fshop/latest', act: beginPutBack },
  { on: 'full', name: 'trash', route: '#/images/ci%2Fgateway', act: click(/in the trash$/) },
  { on: 'full', name: 'trashed', route: '#/images/ci%2Fgateway', act: openTrashed },
  { on: 'full', name: 'attached', route: '#/images/web%2Fshop', act: click(/attached$/) },
  { on: 'full', name: 'menu', route: '#/images/web%2Fshop/latest', act: click('More that can be done') },
  {
    on: 'full',
    name: 'layers',
    route: '#/images/web%2Fshop/latest/layers',
    act: openFolders,
    readme: { light: 'layers.png' },
  },
  { on: 'full', name: 'wasted', route: '#/images/web%2Fshop/latest/layers', act: lookIntoWasted },
  { on: 'full', name: 'export', route: '#/images/web%2Fshop/latest', act: beginExport },
  { on: 'full', name: 'disk', route: '#/disk', readme: { dark: 'disk.png' } },
  { on: 'full', name: 'disk-repository', route: '#/disk/repository/web%2Fshop' },
  { on: 'full', name: 'disk-table', route: '#/disk', act: choose('Table') },
  { on: 'full', name: 'retention', route: '#/disk/retention' },
  { on: 'full', name: 'clean-up', route: '#/disk', act: click('Clean up…') },
  { on: 'full', name: 'clean-up-trash', route: '#/disk', act: beginToEmptyTrash },
  { on: 'full', name: 'activity', route: '#/activity', readme: { light: 'activity.png' } },
  { on: 'full', name: 'changes', route: '#/activity/changes' },
  { on: 'full', name: 'log', route: '#/activity/log' },
  { on: 'full', name: 'connect', route: '#/connect' },
  { on: 'full', name: 'settings', route: '#/settings' },
  { on: 'full', name: 'rules', route: '#/settings/retention' },
  { on: 'full', name: 'rule', route: '#/settings/retention', act: click('Add a rule') },
  { on: 'full', name: 'budget', route: '#/settings', act: askForBudget, faults: [/409/] },
  { on: 'full', name: 'setting-wrong', route: '#/settings', act: setWrongly, faults: [/400/] },
  { on: 'full', name: 'keys', route: '#/images', act: press('?') },
  { on: 'full', name: 'palette', route: '#/images', act: press('Control+k') },
  { on: 'full', name: 'palette-found', route: '#/images', act: findInPalette },
  { on: 'full', name: 'import', route: '#/images', act: beginImport },
  { on: 'full', name: 'missing', route: '#/images/web%2Fshop/9.9.9', faults: [/404/] },

  { on: 'odd', name: 'repositories', route: '#/images' },
  { on: 'odd', name: 'markup', route: '#/images/odd%2Fmarkup/latest' },
  { on: 'odd', name: 'markup-layers', route: '#/images/odd%2Fmarkup/latest/layers' },
  { on: 'odd', name: 'long', route: `#/images/${encodeURIComponent(LONGEST_NAME)}/latest` },
  { on: 'odd', name: 'long-layers', route: `#/images/${encodeURIComponent(LONGEST_NAME)}/latest/layers` },
  { on: 'odd', name: 'many-tags', route: '#/images/odd%2Fmany-tags/v1.0.7' },
  { on: 'odd', name: 'many-platforms', route: '#/images/odd%2Fmany-platforms/latest' },
  { on: 'odd', name: 'disk', route: '#/disk' },
  { on: 'odd', name: 'changes', route: '#/activity/changes' },
];

function click(name) {
  return async (page) => await page.getByRole('main').getByRole('button', { name, exact: true }).click();
}

function choose(name) {
  return async (page) => await page.getByText(name, { exact: true }).click();
}

function press(key) {
  return async (page) => await page.keyboard.press(key);
}

function search(text) {
  return async (page) => {
    await page.getByRole('searchbox').fill(text);
    await page.getByRole('listbox', { name: 'Matches' }).waitFor();
  };
}

async function scrollToEnd(page) {
  const article = page.getByRole('article');
  await article.waitFor();
  await article.evaluate((element) => element.scrollTo(0, element.scrollHeight));
}

/** By keys: where one pane fits, a click opens the image. */
async function markSome(page) {
  const tags = page.getByRole('grid', { name: /Tags of/ });
  for (const key of ['Home', 'Shift+ArrowDown', 'Shift+ArrowDown']) await tags.press(key);
}

async function beginDeletion(page) {
  await markSome(page);
  await page.keyboard.press('Delete');
}

function tagOver(name) {
  return async (page) => {
    await click('Tag…')(page);
    await page.getByRole('combobox', { name: /New name/ }).fill(name);
    await page.getByText(/It moves here/).waitFor();
  };
}

async function beginExpiry(page) {
  await markSome(page);
  await page.keyboard.press('Shift+F10');
  await page.getByRole('menuitem', { name: /^Expire/ }).click();
}

async function beginPutBack(page) {
  await page.getByRole('radiogroup', { name: 'Where the tag pointed' }).getByRole('radio').first().click();
  await click('Put back…')(page);
}

async function openTrashed(page) {
  await click(/in the trash$/)(page);
  await page.getByRole('row').nth(1).click();
}

/** Where files stand beside layers. */
async function openFolders(page, { width }) {
  if (width < 700) return;
  const tree = page.getByRole('tree', { name: 'Files' });
  const file = (name) => tree.getByRole('treeitem', { name: new RegExp(`\\b${name}\\b`) }).first();
  for (const name of ['app', 'dist', 'etc']) {
    await file(name).click();
    await tree.press('ArrowRight');
  }
  await file('os-release').click();
}

async function lookIntoWasted(page) {
  await page.getByRole('button', { name: /wasted$/ }).click();
  await page.getByRole('row', { name: /os-release/ }).click();
  await page.getByRole('button', { name: 'Show the content' }).click();
  await page.getByText(/^PRETTY_NAME/).waitFor();
}

async function beginExport(page) {
  await click('More that can be done')(page);
  await page.getByRole('menuitem', { name: /^Export/ }).click();
  await page.getByRole('combobox', { name: 'Platforms' }).waitFor();
}

async function beginToEmptyTrash(page) {
  await click('Clean up…')(page);
  await page.getByRole('switch', { name: 'Also empty the trash' }).click({ force: true });
  await page.getByRole('row').first().waitFor();
}

async function askForBudget(page) {
  await enter(page, 'Budget', '100 MB');
  await page.getByRole('heading', { name: /deletes .* for good/ }).waitFor();
}

async function setWrongly(page) {
  await enter(page, 'Undo window, days', '-1');
  await page.getByRole('alert').first().waitFor();
}

async function enter(page, label, text) {
  const field = page.getByRole('textbox', { name: label });
  await field.fill(text);
  await field.press('Enter');
}

async function findInPalette(page) {
  await page.keyboard.press('Control+k');
  await page.keyboard.type('shop 1.4');
}

/** An archive that Berth itself made, dropped on the window. */
async function beginImport(page) {
  const answer = await page.request.get('/api/export?reference=infra/redis:7-alpine');
  const buffer = await answer.body();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('import');
  await page.keyboard.press('Enter');
  // Those of the pictures before this one wait, too.
  const waiting = page.getByRole('button', { name: /^Discard/ });
  for (let rest = await waiting.count(); rest > 0; rest--) await waiting.first().click();
  const files = [{ name: 'redis-7-alpine.tar', mimeType: 'application/x-tar', buffer }];
  await page.getByLabel('Archives to import').setInputFiles(files);
  await page.getByRole('button', { name: /^Import \d+ image/ }).waitFor();
}
