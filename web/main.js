/** Wires the page: the panels to the engine. */

import { nextTask } from './lib/tasks.js';
import { byId } from './page/dom.js';
import { DrawingPanel } from './page/drawing.js';
import { inLanguage, language, setLanguage, t, translate } from './page/language.js';
import { errorText, notice } from './page/notices.js';
import { Tabs } from './page/tabs.js';
import { createThemeSwitch } from './page/theme.js';
import { engine } from './start.js';

/** @typedef {import('./protocol.js').EngineInfo} EngineInfo */

/**
 * The panels under the tabs, in order: a new one is an entry here and a file in page/, and its name in
 * i18n/ as tab.<id>. Loaded when the engine is there, so that the first answer needn't wait for them.
 * @type {Record<string, () => Promise<(panel: HTMLElement, engine: import('./engine.js').Engine, started: Promise<EngineInfo>) => void>>}
 */
const PANELS = {
  train: async () => (await import('./page/train.js')).createTrainPanel,
  'look-inside': async () => (await import('./page/look-inside.js')).createLookInside,
  'why-lstm': async () => (await import('./page/why-lstm.js')).createWhyLstm,
  model: async () => (await import('./page/model.js')).createModelPanel,
};

/** @param {Promise<EngineInfo>} started */
async function addPanels(started) {
  const tabs = new Tabs();
  const places = Object.entries(PANELS).map(([id, load]) => ({ panel: tabs.add(id), load }));
  await started.catch(() => {}); // told already
  const loading = places.map(({ panel, load }) => ({ panel, creating: load() }));
  for (const { panel, creating } of loading) {
    const create = await creating;
    await nextTask(); // each panel in a task of its own: answers come in between
    create(panel, engine, started);
    translate(panel);
  }
}

/** @param {EngineInfo | null} info null: not known yet */
function statusText(info) {
  if (!info) return t('status.loading');
  const threads = t('status.threads', { n: info.threads });
  const told = info.isolated ? threads : t('status.not-isolated', { threads });
  return `${t(`status.${info.variant}`)} · ${told}`;
}

/** @param {Promise<EngineInfo>} started */
async function tellOfTheStart(started) {
  let text = () => statusText(null);
  inLanguage(() => {
    byId('engine-status').textContent = text();
  });
  try {
    const info = await started;
    const { problem } = info;
    text = () => statusText(info);
    if (!info.simd) notice(() => t('notice.no-simd'));
    if (problem) notice(() => errorText(problem), { kind: 'error' });
  } catch (error) {
    text = () => t('status.failed');
    notice(() => errorText(error), { kind: 'error' });
  }
  byId('engine-status').textContent = text();
}

function main() {
  const started = engine.start();
  inLanguage(() => {
    document.title = t('page.title');
    document.querySelector('meta[name=description]')?.setAttribute('content', t('page.description'));
    translate(document);
  });
  createThemeSwitch();
  byId('language').addEventListener('click', () => setLanguage(language() === 'en' ? 'zh' : 'en'));
  engine.on('crash', (error) => {
    const action = { key: 'notice.reload', run: () => location.reload() };
    notice(() => errorText(error), { kind: 'error', action });
  });
  for (const type of ['dragover', 'drop']) {
    document.addEventListener(type, (event) => event.preventDefault()); // a file beside its place would replace the page
  }
  const drawing = new DrawingPanel(engine);
  tellOfTheStart(started);
  started.then(
    () => drawing.start(),
    () => {}, // told already
  );
  addPanels(started).catch((error) => notice(() => errorText(error), { kind: 'error' }));
}

main();
