/** Look inside: what is shown, against the library in Node; choosing rows and units; other cells. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { loadEngine } from '../../web/lib/index.js';
import {
  boxOf,
  DESKTOP,
  digitStrokes,
  draw,
  openTab,
  press,
  readAnswer,
  settle,
  untilAnswered,
  untilIteration,
  untilTraining,
  withPage,
} from './browser.js';
import { assertShortTasks, watchTasks } from './tasks.js';

/** @typedef {import('./browser.js').World} World */
/** @typedef {import('puppeteer-core').Page} Page */
/** @typedef {import('../../web/lib/index.js').Network} Network */

const MODELS = new URL('../../web/build/models/', import.meta.url);
const DIGITS = 10;
/** The browser may run the relaxed build, whose last bits differ. */
const TOLERANCE = 1e-4;

/** @type {Promise<import('../../web/lib/index.js').Engine> | null} */
let loading = null;

/** A library's engine for all scenarios. */
export function nodeEngine() {
  loading ??= loadEngine({ threads: 1 });
  return loading;
}

/** A pretrained network. @param {(entry: any) => boolean} isWanted @returns {Promise<Network>} */
export async function openPretrained(isWanted) {
  const list = JSON.parse(await readFile(new URL('index.json', MODELS), 'utf8'));
  const { file } = list.find(isWanted);
  return (await nodeEngine()).openNetwork(await readFile(new URL(file, MODELS)), { name: file, batch: 1 });
}

/** What the network reads now. @param {Page} page */
export async function readPixels(page) {
  await settle(page);
  // The panels show an answer with the next frame.
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
  return Uint8Array.from((await readAnswer(page)).pixels);
}

/** @param {Page} page */
async function startWith(page, /** @type {number} */ digit) {
  await untilAnswered(page);
  await press(page, '#clear');
  await draw(page, digitStrokes(digit));
  await openTab(page, 'look-inside');
  return readPixels(page);
}

/** Clears the drawing, until the panel has shrunk, which scrolls the page under the pen. @param {Page} page */
async function clear(page) {
  await press(page, '#clear');
  await page.waitForFunction(
    () => /** @type {HTMLElement} */ (document.querySelector('.look-body')).hidden === true,
  );
}

/** The attributes of the panel. @param {Page} page */
const chosen = (page) =>
  page.$eval('#look-inside', (panel) => ({ .../** @type {HTMLElement} */ (panel).dataset }));

/** A table's values by column's name, row after row. @param {Page} page @param {string} id @param {string} attribute */
async function tableValues(page, id, attribute) {
  const cells = await page.$$eval(
    `#${id} td`,
    (all, name) =>
      all.map((cell) => {
        const { row, value, ...rest } = /** @type {HTMLElement} */ (cell).dataset;
        return { row: Number(row), value: Number(value), column: rest[name] ?? '' };
      }),
    attribute,
  );
  /** @type {Record<string, number[]>} */
  const values = {};
  for (const { row, value, column } of cells) (values[column] ??= [])[row - 1] = value;
  return values;
}

/** @param {ArrayLike<number>} found @param {ArrayLike<number>} expected @param {string} what */
function assertClose(found, expected, what) {
  assert.equal(found?.length, expected.length, what);
  for (let i = 0; i < expected.length; i++) {
    const near = TOLERANCE * Math.max(1, Math.abs(expected[i]));
    assert.ok(
      Math.abs(found[i] - expected[i]) <= near,
      `${what}[${i}]: ${found[i]} instead of ${expected[i]}`,
    );
  }
}

/** The tables show what the library computes. @param {Page} page @param {Network} network @param {Uint8Array} pixels */
async function checkTables(page, network, pixels) {
  const { unit } = await chosen(page);
  const { steps, probabilities, layers } = network.trace(pixels);
  const { hidden } = network.config;
  const signals = await tableValues(page, 'look-unit-values', 'signal');
  assert.deepEqual(Object.keys(signals).sort(), Object.keys(layers[0]).sort());
  for (const [name, values] of Object.entries(layers[0])) {
    const own = Array.from({ length: steps }, (_, t) => values[t * hidden + Number(unit) - 1]);
    assertClose(signals[name], own, `unit ${unit}, ${name}`);
  }
  const answers = await tableValues(page, 'look-answer-values', 'digit');
  for (let digit = 0; digit < DIGITS; digit++) {
    const own = Array.from({ length: steps }, (_, t) => probabilities[t * DIGITS + digit]);
    assertClose(answers[digit], own, `probability of ${digit}`);
  }
}

/** A heat map has the colours of these values. @param {Page} page @param {string} name @param {number[]} values @param {{scale: string, from: number, to: number}} range @param {number} unit */
async function checkColours(page, name, values, range, unit) {
  const wrong = await page.evaluate(
    async (map, expected, { scale, from, to }, line) => {
      const path = './page/colours.js';
      const { entryOf, palette } = await import(new URL(path, location.href).href);
      const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector(`canvas[data-map=${map}]`));
      const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
      const { data } = context.getImageData(0, line, expected.length, 1);
      const colours = palette(scale);
      // A value at the border of two colours may have either.
      return expected.filter((value, t) =>
        [-1e-4, 1e-4].every((error) => {
          const entry = 3 * entryOf(value + error, from, to);
          return [0, 1, 2].some((channel) => data[4 * t + channel] !== colours[entry + channel]);
        }),
      ).length;
    },
    name,
    values,
    range,
    unit,
  );
  assert.equal(wrong, 0, `${name}: ${wrong} of the colours are not those of the values`);
}

/** @param {World} world */
export async function looksInside(world) {
  const network = await openPretrained((entry) => entry.default);
  await withPage(world, DESKTOP, async (page) => {
    const pixels = await startWith(page, 5);
    await press(page, '#look-values summary');
    await page.waitForSelector('#look-answer-values td');
    assert.deepEqual(await chosen(page), {
      ...{ cell: network.config.cell, steps: '28', units: String(network.config.hidden) },
      ...{ layer: '1', unit: '1', row: '28' },
    });
    await checkTables(page, network, pixels);
    await choosesByKeyboard(page, network, pixels);
    await choosesByMouse(page, network.config.hidden);
    const { layers } = network.trace(pixels);
    for (const name of ['forget', 'hidden']) {
      const own = Array.from({ length: 28 }, (_, t) => layers[0][name][t * network.config.hidden + 6]);
      const scale =
        name === 'hidden' ? { scale: 'signed', from: -1, to: 1 } : { scale: 'share', from: 0, to: 1 };
      await checkColours(page, name, own, scale, 6);
    }
    await page.select('#look-order', 'state');
    const last = Array.from(layers[0].cell.slice(-network.config.hidden));
    const greatest = last.indexOf(Math.max(...last));
    const own = Array.from({ length: 28 }, (_, t) => layers[0].forget[t * network.config.hidden + greatest]);
    await checkColours(page, 'forget', own, { scale: 'share', from: 0, to: 1 }, 0);
    await playsAndClears(page);
  });
  network.dispose();
}

/** @param {Page} page @param {Network} network @param {Uint8Array} pixels */
async function choosesByKeyboard(page, network, pixels) {
  await page.focus('#look-unit');
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowLeft');
  assert.equal((await chosen(page)).unit, String(network.config.hidden - 1));
  await checkTables(page, network, pixels);
  await page.focus('#look-row');
  await page.keyboard.press('Home');
  for (let i = 0; i < 12; i++) await page.keyboard.press('ArrowRight');
  assert.equal((await chosen(page)).row, '13');
  const { probabilities } = network.trace(pixels);
  const answers = probabilities.slice(12 * DIGITS, 13 * DIGITS);
  const best = answers.indexOf(Math.max(...answers));
  const told = await page.$eval('#look-row', (slider) => slider.getAttribute('aria-valuetext') ?? '');
  assert.ok(told.startsWith(`13 of 28, ${best} (`), `a screen reader hears "${told}"`);
}

/**
 * A unit's line may be a pixel high, and browsers move the pointer to a whole pixel of the screen: the unit that is
 * expected is the one below the place they tell.
 * @param {Page} page
 * @param {number} units of the network
 */
async function choosesByMouse(page, units) {
  const map = 'canvas[data-map=cell]';
  await page.$eval(map, (canvas) => {
    canvas.scrollIntoView({ block: 'center' });
    window.addEventListener('pointerdown', ({ clientY }) => {
      const { top, height } = canvas.getBoundingClientRect();
      canvas.dataset.clicked = String((clientY - top) / height);
    });
  });
  const { x, y, width, height } = await boxOf(page, map);
  const line = y + height * (25.5 / units);
  await page.mouse.move(x + width * (4.5 / 28), line);
  await page.mouse.down();
  const place = Number(
    await page.$eval(map, (canvas) => /** @type {HTMLElement} */ (canvas).dataset.clicked),
  );
  assert.ok(Math.abs(place * height - (line - y)) <= 1, `clicked at ${place} of the height`);
  assert.deepEqual(
    (({ row, unit }) => [row, unit])(await chosen(page)),
    ['5', String(Math.floor(place * units) + 1)],
    'the place that was clicked is not chosen',
  );
  await page.mouse.move(x + width * (20.5 / 28), line);
  await page.mouse.up();
  assert.equal((await chosen(page)).row, '21', 'dragging does not move the row');
}

/** The sweep over the rows ends at the last; nothing is shown of a blank drawing. @param {Page} page */
async function playsAndClears(page) {
  await press(page, '#look-play');
  await page.waitForFunction(() => document.querySelector('.look-body.playing') !== null);
  await page.waitForFunction(
    () =>
      document.querySelector('.look-body.playing') === null &&
      /** @type {HTMLElement} */ (document.querySelector('#look-inside')).dataset.row === '28',
  );
  await clear(page);
  assert.match(
    await page.$eval('#look-inside .look-empty', ({ textContent }) => textContent ?? ''),
    /^Draw a digit first/,
  );
}

/** @param {World} world */
export async function followsTheDrawing(world) {
  const network = await openPretrained((entry) => entry.default);
  await withPage(world, DESKTOP, async (page) => {
    await startWith(page, 4);
    await press(page, '#look-values summary');
    if (world.name === 'chromium') await watchTasks(page);
    await clear(page);
    const [first, second] = digitStrokes(4);
    await draw(page, [first]);
    const pixels = await readPixels(page);
    assert.ok(
      pixels.some((ink) => ink > 0),
      'the stroke has missed the canvas',
    );
    await checkTables(page, network, pixels);
    // While the pen is still down.
    await draw(page, [second], {
      beforeEnd: async () => checkTables(page, network, await readPixels(page)),
    });
    const before = await tableValues(page, 'look-unit-values', 'signal');
    await openTab(page, 'train');
    await press(page, '#train-start');
    await untilIteration(page, 1);
    await openTab(page, 'look-inside');
    for (const earlier of [before.forget[27], null]) {
      const last = earlier ?? (await tableValues(page, 'look-unit-values', 'signal')).forget[27];
      await page.waitForFunction(
        (value) => {
          const cell = document.querySelector('#look-unit-values [data-signal=forget][data-row="28"]');
          return Number(/** @type {HTMLElement} */ (cell).dataset.value) !== value;
        },
        {},
        last,
      );
    }
    await draw(page, digitStrokes(6));
    if (world.name === 'chromium') await assertShortTasks(page);
    await openTab(page, 'train');
    await press(page, '#train-stop');
    await untilTraining(page, 'idle');
  });
  network.dispose();
}

/** Makes a network of these settings and trains one batch of it. @param {Page} page @param {Record<string, string>} settings */
async function oneBatchOf(page, settings) {
  await openTab(page, 'train');
  if ((await page.$eval('#train', (train) => train.getAttribute('data-state'))) !== 'idle') {
    await press(page, '#train-stop');
    await untilTraining(page, 'idle');
  }
  for (const [name, value] of Object.entries(settings)) {
    await page.$eval(
      `#field-${name}`,
      (field, wanted) => {
        /** @type {HTMLInputElement} */ (field).value = wanted;
        field.dispatchEvent(new Event('input', { bubbles: true }));
      },
      value,
    );
  }
  await press(page, '#train-batch');
  await untilIteration(page, 1);
  await openTab(page, 'look-inside');
  await page.waitForFunction(
    (cell) => /** @type {HTMLElement} */ (document.querySelector('#look-inside')).dataset.cell === cell,
    {},
    settings.cell,
  );
}

/** @param {Page} page */
const mapNames = (page) =>
  page.$$eval('.look-map[data-signal]', (maps) => maps.map((map) => map.getAttribute('data-signal')));

/** @param {World} world */
export async function looksIntoOtherCells(world) {
  await withPage(world, DESKTOP, async (page) => {
    await startWith(page, 2);
    await oneBatchOf(page, { cell: 'gru', layers: '2', hidden: '12' });
    assert.deepEqual(await mapNames(page), ['hidden', 'reset', 'update', 'candidate']);
    await page.select('#look-layer', '1');
    assert.deepEqual(await chosen(page), {
      ...{ cell: 'gru', steps: '28', units: '12', layer: '2', unit: '1', row: '28' },
    });
    await openTab(page, 'model');
    assert.equal(await page.$eval('#model-cell', ({ textContent }) => textContent), 'GRU');
    assert.equal(await page.$eval('#model-hidden', ({ textContent }) => textContent), '2 × 12');

    await oneBatchOf(page, { cell: 'rnn', activation: 'linear', layers: '1' });
    assert.deepEqual(await mapNames(page), ['hidden']);
    assert.equal((await chosen(page)).layer, '1');
    await openTab(page, 'train');
    const isShown = (/** @type {string} */ name) =>
      page.$eval(`#field-${name}`, (field) => /** @type {HTMLElement} */ (field).offsetParent !== null);
    assert.deepEqual([await isShown('activation'), await isShown('forgetBias')], [true, false]);

    await oneBatchOf(page, { cell: 'feedforward', activation: 'logistic' });
    assert.equal((await chosen(page)).steps, '1');
    assert.equal(await page.$('#look-row:not([hidden])').then((row) => row?.isVisible()), false);
  });
}
