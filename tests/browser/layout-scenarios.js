/** Both themes, both languages, small screens, old browsers. */

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MAX_THREADS } from '../../web/lib/index.js';
import { serve } from '../../web/serve.js';
import {
  boxOf,
  DESKTOP,
  digitStrokes,
  draw,
  openTab,
  PHONE,
  press,
  readAnswer,
  settle,
  untilAnswered,
  untilIteration,
  withPage,
} from './browser.js';

/** @typedef {import('./browser.js').World} World */
/** @typedef {import('puppeteer-core').Page} Page */

const { source: axeSource } = createRequire(import.meta.url)('axe-core');

/** Names, units and words of files' names that are the same in Chinese. */
const SAME_IN_CHINESE =
  /^(LSTM|GRU|RNN|tanh|TensorFlow|BasicLSTMCell|MNIST|SIMD|IDX|gzip|softmax|PyTorch|NaN|nn|Linear|safetensors|kB|MB|English|small|tutorial|best|fashion|Fashion|feedforward|rnn|linear|lstm|peephole|gru|Shift|E|[chfiorzxyL])$/;

/** What axe finds serious. @param {Page} page @param {string} where */
export async function checkAccessibility(page, where) {
  await page.evaluate(axeSource);
  const found = await page.evaluate(async () => {
    const { axe } = /** @type {any} */ (window);
    const { violations } = await axe.run(document);
    return violations
      .filter((/** @type {any} */ { impact }) => impact === 'serious' || impact === 'critical')
      .map(
        (/** @type {any} */ { id, nodes }) =>
          `${id}: ${nodes.map((/** @type {any} */ node) => node.html).join(' | ')}`,
      );
  });
  assert.deepEqual(found, [], `axe, ${where}`);
}

/** What Look inside and Why LSTM? show, and the values behind it. @param {Page} page @param {string} tab */
async function openTables(page, tab) {
  if (tab !== 'look-inside' && tab !== 'why-lstm') return;
  await page.$eval(`#${tab} details`, (details) => {
    /** @type {HTMLDetailsElement} */ (details).open = true;
  });
  await page.waitForFunction(
    (panel) => document.querySelectorAll(`#${panel} details td[data-value]`).length >= 28,
    {},
    tab,
  );
}

/** @param {World} world */
export async function isAccessible(world) {
  await withPage(world, DESKTOP, async (page) => {
    await untilAnswered(page);
    for (const theme of ['light', 'dark']) {
      await page.select('#theme', theme);
      await page.waitForFunction((wanted) => document.documentElement.dataset.theme === wanted, {}, theme);
      for (const tab of ['train', 'look-inside', 'why-lstm', 'model']) {
        await openTab(page, tab);
        await openTables(page, tab);
        await checkAccessibility(page, `${theme}, ${tab}`);
      }
    }
    await openTab(page, 'train');
    await press(page, '#train-start');
    await page.waitForFunction(() => document.querySelectorAll('#train-log li').length >= 1);
    await press(page, '#train-pause');
    await checkAccessibility(page, 'dark, in training');
  });
}

/** Elements that stick out of the window's width. @param {Page} page */
export function overflowing(page) {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const out = [...document.querySelectorAll('body *')].filter((element) => {
      const { left, right, width: own } = element.getBoundingClientRect();
      // Tables of values scroll in their own boxes.
      const isHidden = element.closest('.visually-hidden, .skip, .keys, .table-box *, [hidden]') !== null;
      return own > 1 && !isHidden && (right > width + 0.5 || left < -0.5);
    });
    const scrolls = document.documentElement.scrollWidth > width ? ['the page itself'] : [];
    return [...scrolls, ...out.map((element) => `${element.tagName}#${element.id}.${element.className}`)];
  });
}

/** Latin words in sight that are no names. @param {Page} page */
async function untranslated(page) {
  const words = await page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (!node.parentElement?.closest('[translate=no], noscript, script'))
        texts.push(node.textContent ?? '');
    }
    const labels = [...document.querySelectorAll('[aria-label], [title], [placeholder]')].flatMap((element) =>
      ['aria-label', 'title', 'placeholder'].map((name) => element.getAttribute(name) ?? ''),
    );
    return [document.title, ...texts, ...labels].flatMap((line) => line.match(/[A-Za-z]+/g) ?? []);
  });
  return [...new Set(words)].filter((word) => !SAME_IN_CHINESE.test(word));
}

/** @param {World} world */
export async function fitsAPhone(world) {
  await withPage(
    world,
    PHONE,
    async (page) => {
      await untilAnswered(page);
      for (const language of ['en', 'zh']) {
        if ((await page.evaluate(() => document.documentElement.lang)) !== language)
          await press(page, '#language');
        await openTab(page, 'draw');
        await page.evaluate(() => window.scrollTo(0, 0));
        const bar = await boxOf(page, '#tabs');
        for (const part of ['#drawing', '#answer', '#reading', '#bars', '#clear']) {
          const { y, height } = await boxOf(page, part);
          assert.ok(y >= 0 && y + height <= bar.y, `${part} is not on the first screen (${language})`);
        }
        await press(page, '#clear');
        await draw(page, digitStrokes(6), { by: 'touch' });
        await page.waitForFunction(
          () => document.querySelector('#answer')?.getAttribute('data-digit') === '6',
        );
        for (const tab of ['draw', 'train', 'look-inside', 'why-lstm', 'model']) {
          await openTab(page, tab);
          await openTables(page, tab);
          assert.deepEqual(await overflowing(page), [], `${tab} overflows (${language})`);
        }
      }
      await openTab(page, 'train');
      await press(page, '#settings summary');
      await press(page, '#train-start');
      await untilIteration(page, 30);
      await press(page, '#train-pause');
      assert.deepEqual(await overflowing(page), [], 'train overflows in training');
      assert.deepEqual(await untranslated(page), [], 'untranslated text');
      await page.reload();
      await untilAnswered(page);
      assert.equal(
        await page.evaluate(() => document.documentElement.lang),
        'zh',
        'the language is forgotten',
      );
    },
    { touch: true },
  );
}

/**
 * The page as it is, but for one folder's files in web/.
 * @param {string[]} folder its path
 * @param {Record<string, string | null>} files their texts; null: there is none
 * @param {(url: string) => Promise<void>} use
 */
export async function withChanged(folder, files, use) {
  const web = fileURLToPath(new URL('../../web/', import.meta.url));
  const root = await mkdtemp(join(tmpdir(), 'lstm-wasm-changed-'));
  for (let depth = 0; depth <= folder.length; depth++) {
    const path = folder.slice(0, depth).join('/');
    const own = depth === folder.length ? Object.keys(files) : [folder[depth]];
    await mkdir(join(root, path), { recursive: true });
    for (const name of await readdir(join(web, path))) {
      if (!own.includes(name)) await symlink(join(web, path, name), join(root, path, name));
    }
  }
  for (const [name, text] of Object.entries(files)) {
    if (text !== null) await writeFile(join(root, ...folder, name), text);
  }
  const server = await serve({ root });
  try {
    await use(server.url);
  } finally {
    await server.close();
    await rm(root, { recursive: true, force: true });
  }
}

/** @param {World} world */
export async function worksWithoutSimd(world) {
  const no = ['simd', 'relaxedSimd', 'threads']
    .map((name) => `export const ${name} = async () => false;\n`)
    .join('');
  await withChanged(['build', 'vendor'], { 'wasm-feature-detect.js': no }, (url) =>
    withPage(
      world,
      DESKTOP,
      async (page) => {
        await untilAnswered(page);
        assert.equal(
          await page.$eval('.notice p', (message) => message.textContent),
          'Your browser lacks WebAssembly SIMD. Using the slower version; everything still works.',
        );
        await press(page, '#clear');
        await draw(page, digitStrokes(7));
        await settle(page);
        assert.equal((await readAnswer(page)).digit, '7');
      },
      { url },
    ),
  );
}

/** Where the threads' workers do nothing. @param {World} world */
export async function worksWithoutThreads(world) {
  await withChanged(['lib'], { 'thread.js': '' }, (url) =>
    withPage(
      world,
      DESKTOP,
      async (page) => {
        await untilAnswered(page);
        assert.match(await engineStatus(page), /SIMD · 1 thread$/);
      },
      { url },
    ),
  );
}

/**
 * The engine's worker must not make workers: in Firefox it would hang now and then.
 * @param {World} world
 */
export async function makesThreadsInThePage(world) {
  await withPage(
    world,
    DESKTOP,
    async (page) => {
      await page.evaluateOnNewDocument(() => {
        const own = /** @type {any} */ (window);
        own.workers = 0;
        own.Worker = class extends Worker {
          /** @param {URL} url @param {WorkerOptions} options */
          constructor(url, options) {
            super(url, options);
            own.workers++;
          }
        };
      });
      await page.goto(world.url);
      await untilAnswered(page);
      const { workers, processors } = await page.evaluate(() => ({
        workers: /** @type {any} */ (window).workers,
        processors: navigator.hardwareConcurrency,
      }));
      const threads = Math.min(processors, MAX_THREADS);
      assert.equal(workers, threads, 'the engine’s worker and one for each further thread');
      const words = threads === 1 ? '1 thread' : `${threads} threads`;
      assert.match(await engineStatus(page), new RegExp(`SIMD · ${words}$`));
    },
    { url: 'about:blank' },
  );
}

/** @param {import('./browser.js').Page} page */
function engineStatus(page) {
  return page.$eval('#engine-status', ({ textContent }) => textContent ?? '');
}

/** @param {World} world */
export async function worksNotIsolated(world) {
  const server = await serve({ isolated: false });
  try {
    await withPage(
      world,
      DESKTOP,
      async (page) => {
        await untilAnswered(page);
        const status = await engineStatus(page);
        assert.match(status, /SIMD · 1 thread \(this site is not cross-origin isolated\)$/);
        assert.equal(await page.$('.notice'), null, 'a banner');
      },
      { url: server.url },
    );
  } finally {
    await server.close();
  }
}
