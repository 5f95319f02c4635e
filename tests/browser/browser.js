/** Starts real browsers, serves the page, and does with it what a person does. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';
import { sampleStrokes } from '../../web/page/samples.js';
import { serve } from '../../web/serve.js';

/** @typedef {import('puppeteer-core').Page} Page */
/** @typedef {import('puppeteer-core').Browser} Browser */
/** @typedef {'chromium' | 'firefox'} BrowserName */

/**
 * @typedef {object} World what a scenario works with
 * @property {BrowserName} name
 * @property {Browser} browser
 * @property {string} url of the page
 * @property {string} downloads a folder
 */

/** Generous: the machine may be slow and busy. Nothing is judged by it. */
export const PATIENCE = 60_000;

export const DESKTOP = Object.freeze({ width: 1280, height: 900 });
export const PHONE = Object.freeze({ width: 360, height: 640 });

/** @type {Record<BrowserName, string[]>} */
const PLACES = {
  chromium: ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'],
  firefox: ['/usr/bin/firefox-esr', '/usr/bin/firefox'],
};

/** @param {BrowserName} name */
function executable(name) {
  const found = PLACES[name].find((path) => existsSync(path));
  assert.ok(found, `${name} is not installed (looked for ${PLACES[name].join(', ')}): run tests/setup.sh`);
  return found;
}

/** Firefox takes preferences instead. @param {BrowserName} name @param {string} downloadPath */
function downloadsTo(name, downloadPath) {
  return name === 'chromium'
    ? { downloadBehavior: { policy: /** @type {const} */ ('allow'), downloadPath } }
    : {};
}

/** @param {BrowserName} name @param {string} downloads */
function launch(name, downloads) {
  return puppeteer.launch({
    browser: name === 'chromium' ? 'chrome' : 'firefox',
    executablePath: executable(name),
    headless: true,
    protocolTimeout: 2 * PATIENCE,
    // Containers' root has no sandbox.
    args: name === 'chromium' ? ['--no-sandbox'] : [],
    extraPrefsFirefox: {
      'browser.download.folderList': 2,
      'browser.download.dir': downloads,
      'browser.download.useDownloadDir': true,
      'browser.download.always_ask_before_handling_new_types': false,
      'intl.accept_languages': 'en-US',
    },
  });
}

/** @param {BrowserName} name @returns {Promise<World & {close: () => Promise<void>}>} */
export async function createWorld(name) {
  const downloads = await mkdtemp(join(tmpdir(), 'lstm-wasm-browser-'));
  const server = await serve();
  const browser = await launch(name, downloads);
  const close = async () => {
    await browser.close();
    await server.close();
    await rm(downloads, { recursive: true, force: true });
  };
  return { name, browser, url: server.url, downloads, close };
}

/**
 * A page as a new user has it: nothing stored. What goes wrong in it fails the scenario when it ends.
 * @param {World} world
 * @param {{width: number, height: number}} viewport
 * @param {(page: Page) => Promise<void>} use
 * @param {{url?: string, touch?: boolean, expected?: RegExp}} [options] expected: errors in the console that the
 *   scenario causes
 */
export async function withPage(
  world,
  viewport,
  use,
  { url = world.url, touch = false, expected = /^$/ } = {},
) {
  const { browser, downloads } = world;
  const context = await browser.createBrowserContext(downloadsTo(world.name, downloads));
  const page = await context.newPage();
  /** @type {string[]} */
  const wrong = [];
  page.on('pageerror', (error) => wrong.push(String(/** @type {Error} */ (error).message ?? error)));
  page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
  page.setDefaultTimeout(PATIENCE);
  try {
    // Firefox' protocol has no emulation of touch screens: its touches are real events all the same.
    await page.setViewport({
      ...viewport,
      ...(world.name === 'chromium' && touch ? { hasTouch: true } : {}),
    });
    await page.evaluateOnNewDocument(countReadings);
    await page.goto(url);
    await use(page);
    assert.deepEqual(
      wrong.filter((text) => !expected.test(text)),
      [],
      'errors in the console',
    );
  } finally {
    await context.close();
  }
}

/** The pretrained network answered the example, and the panels, which come after that, are there. @param {Page} page */
export async function untilAnswered(page) {
  await page.waitForFunction(
    () =>
      document.querySelector('#answer')?.getAttribute('data-digit') !== '' &&
      document.querySelector('#model-name') !== null, // in the last panel
  );
}

/**
 * A digit's strokes around a place of the canvas, in its units.
 * @param {number} digit
 * @param {{x?: number, y?: number, size?: number}} [where] size 1: as the page's own samples
 */
export function digitStrokes(digit, { x = 0.5, y = 0.5, size = 1 } = {}) {
  return sampleStrokes(digit).map((stroke) =>
    stroke.map(
      ([px, py]) => /** @type {[number, number]} */ ([x + (px - 0.5) * size, y + (py - 0.5) * size]),
    ),
  );
}

/**
 * Draws by mouse or touch; `beforeEnd` runs while the pen is still down, at the last stroke's end.
 * @param {Page} page
 * @param {[number, number][][]} strokes
 * @param {{by?: 'mouse' | 'touch', beforeEnd?: () => Promise<void>}} [options]
 */
export async function draw(page, strokes, { by = 'mouse', beforeEnd } = {}) {
  const box = await boxOf(page, '#drawing');
  const pen =
    by === 'mouse'
      ? {
          down: async (/** @type {number} */ x, /** @type {number} */ y) => {
            await page.mouse.move(x, y);
            await page.mouse.down();
          },
          move: (/** @type {number} */ x, /** @type {number} */ y) => page.mouse.move(x, y),
          up: () => page.mouse.up(),
        }
      : {
          down: (/** @type {number} */ x, /** @type {number} */ y) => page.touchscreen.touchStart(x, y),
          move: (/** @type {number} */ x, /** @type {number} */ y) => page.touchscreen.touchMove(x, y),
          up: () => page.touchscreen.touchEnd(),
        };
  for (const [i, stroke] of strokes.entries()) {
    const places = stroke.map(([x, y]) => [box.x + x * box.width, box.y + y * box.height]);
    await pen.down(places[0][0], places[0][1]);
    for (const [x, y] of places.slice(1)) await pen.move(x, y);
    if (i === strokes.length - 1) await beforeEnd?.();
    await pen.up();
  }
}

/** @param {Page} page @param {string} selector */
export async function boxOf(page, selector) {
  const box = await (await page.$(selector))?.boundingBox();
  assert.ok(box, `${selector} is not on the screen`);
  return box;
}

/**
 * Runs before the page's scripts: gives it untilRead(), which waits until the worker has answered every drawing that
 * it was asked to read. The page asks for the next one as soon as it has an answer.
 */
function countReadings() {
  const asked = new Set();
  const listened = new WeakSet();
  const post = Worker.prototype.postMessage;
  /** @this {Worker} @param {any} message @param {any} transfer */
  Worker.prototype.postMessage = function (message, transfer) {
    if (message.type === 'read') asked.add(message.id);
    if (!listened.has(this)) {
      listened.add(this);
      this.addEventListener('message', ({ data }) => asked.delete(data.id));
    }
    post.call(this, message, transfer);
  };
  const nextTask = () =>
    new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = resolve;
      port2.postMessage(null);
    });
  /** @type {any} */ (window).untilRead = async () => {
    do await nextTask();
    while (asked.size > 0);
  };
}

/**
 * Until the answer belongs to what is on the canvas now: all is read that was drawn, and nothing comes after it.
 * @param {Page} page
 */
export async function settle(page) {
  let before = '';
  for (let same = 0; same < 4;) {
    await page.evaluate(() => /** @type {any} */ (window).untilRead());
    const now = JSON.stringify(await readAnswer(page));
    same = now === before ? same + 1 : 0;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What the page shows of its answer. @param {Page} page */
export function readAnswer(page) {
  return page.evaluate(() => {
    const bars = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('#bars .bar')]);
    const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector('#reading'));
    const { data } = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')).getImageData(
      0,
      0,
      28,
      28,
    );
    return {
      digit: /** @type {HTMLElement} */ (document.querySelector('#answer')).dataset.digit,
      text: document.querySelector('#answer-text')?.textContent,
      probabilities: bars.map((bar) => bar.dataset.probability ?? ''),
      shown: bars.map((bar) => bar.querySelector('.bar-value')?.textContent ?? ''),
      pixels: Array.from({ length: 28 * 28 }, (_, i) => data[4 * i + 3]),
    };
  });
}

/** @param {Page} page */
export function readTraining(page) {
  return page.$eval('#train', (train) => ({
    state: train.getAttribute('data-state'),
    epoch: Number(train.getAttribute('data-epoch')),
    iteration: Number(train.getAttribute('data-iteration')),
  }));
}

/** @param {Page} page @param {string} state */
export async function untilTraining(page, state) {
  await page.waitForFunction(
    (wanted) => document.querySelector('#train')?.getAttribute('data-state') === wanted,
    {},
    state,
  );
}

/** @param {Page} page @param {number} iteration */
export async function untilIteration(page, iteration) {
  await page.waitForFunction(
    (wanted) => Number(document.querySelector('#train')?.getAttribute('data-iteration')) >= wanted,
    {},
    iteration,
  );
}

/** Brings a button into view and presses it. @param {Page} page @param {string} selector */
export async function press(page, selector) {
  await page.waitForFunction(
    (wanted) => {
      const element = /** @type {HTMLElement | null} */ (document.querySelector(wanted));
      return element !== null && element.offsetParent !== null;
    },
    {},
    selector,
  );
  await page.$eval(selector, (element) => element.scrollIntoView({ block: 'center' }));
  await page.click(selector);
}

/** @param {Page} page @param {string} name */
export async function openTab(page, name) {
  await press(page, `#tab-${name}`);
}

/** @param {Page} page @param {string} selector @param {string} words */
export async function untilText(page, selector, words) {
  await page.waitForFunction(
    (place, wanted) => document.querySelector(place)?.textContent === wanted,
    {},
    selector,
    words,
  );
}
