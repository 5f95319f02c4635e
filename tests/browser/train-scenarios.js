/** Training and the keyboard: scenarios 5, 6 and 7. */

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  DESKTOP,
  digitStrokes,
  draw,
  openTab,
  press,
  readAnswer,
  readTraining,
  settle,
  untilAnswered,
  untilIteration,
  untilText,
  untilTraining,
  withPage,
} from './browser.js';
import { assertShortTasks, watchTasks } from './tasks.js';

/** @typedef {import('./browser.js').World} World */
/** @typedef {import('puppeteer-core').Page} Page */

/** @param {Page} page @param {string} id */
const text = (page, id) => page.$eval(`#${id}`, (element) => element.textContent ?? '');

/** What the charts say beside their curves. @param {Page} page */
const readoutsOf = (page) =>
  page.$$eval('.chart-readout', (all) => all.map(({ textContent }) => textContent));

/** How many pixels of the charts are painted. Reading them back takes the main thread long. @param {Page} page */
function paintedPixels(page) {
  return page.$$eval('.chart canvas', (canvases) =>
    canvases.map((canvas) => {
      const { width, height } = /** @type {HTMLCanvasElement} */ (canvas);
      const context = /** @type {HTMLCanvasElement} */ (canvas).getContext('2d');
      const data = context?.getImageData(0, 0, width, height).data ?? [];
      let painted = 0;
      for (let i = 3; i < data.length; i += 4) painted += data[i] > 0 ? 1 : 0;
      return painted;
    }),
  );
}

/** Watches that data-iteration never goes back. @param {Page} page */
function watchIterations(page) {
  return page.evaluate(() => {
    const seen = /** @type {any} */ (window);
    seen.iterations = [];
    const train = /** @type {HTMLElement} */ (document.querySelector('#train'));
    new MutationObserver(() => seen.iterations.push(Number(train.dataset.iteration))).observe(train, {
      attributeFilter: ['data-iteration'],
    });
  });
}

/** @param {World} world */
export async function trainsQuick(world) {
  await withPage(world, DESKTOP, async (page) => {
    await untilAnswered(page);
    await page.waitForFunction(() => document.querySelector('#answer-text')?.textContent === 'I read a 3');
    if (world.name === 'chromium') await watchTasks(page);
    await watchIterations(page);
    await page.waitForFunction(
      () => /** @type {HTMLInputElement} */ (document.querySelector('#preset-quick')).checked,
    );
    await press(page, '#train-start');
    await untilTraining(page, 'running');
    await untilIteration(page, 20);
    await page.waitForFunction(() => document.querySelectorAll('.chart canvas').length === 2);
    const early = { left: await text(page, 'stat-left'), iteration: await text(page, 'stat-iteration') };
    assert.match(early.left, /\d/, 'no time left is shown');
    assert.match(await text(page, 'stat-speed'), /\d/, 'no images/s are shown');
    const readouts = await readoutsOf(page);

    await press(page, '#clear');
    await draw(page, digitStrokes(7));
    await page.waitForFunction(() => document.querySelector('#answer')?.getAttribute('data-digit') !== '');
    assert.equal(
      (await readTraining(page)).state,
      'running',
      'training ended before the drawing was answered',
    );

    await page.waitForFunction(
      () => Number(document.querySelector('#train')?.getAttribute('data-epoch')) >= 1,
    );
    await page.waitForFunction(() => document.querySelectorAll('#train-log li').length >= 1);
    assert.match(await text(page, 'train-log'), /^Iter 0, Testing Accuracy= 0\.\d{4}/);
    assert.notEqual(await text(page, 'stat-iteration'), early.iteration, 'the shown iteration stands still');
    assert.notDeepEqual(await readoutsOf(page), readouts, 'the curves stand still');

    await pausesAndResumes(page);
    await untilTraining(page, 'done');
    await checkTheEnd(page, world);
  });
}

/** Scenario 7. @param {Page} page */
async function pausesAndResumes(page) {
  await press(page, '#train-pause');
  await untilTraining(page, 'paused');
  // A test at an epoch's end may still be under way: it is no training.
  const frozen = (await readTraining(page)).iteration;
  await press(page, '#clear');
  await draw(page, digitStrokes(2));
  await page.waitForFunction(() => document.querySelector('#answer')?.getAttribute('data-digit') !== '');
  await settle(page);
  assert.equal((await readTraining(page)).iteration, frozen, 'the iteration moved while paused');
  const at = await page.evaluate(() => /** @type {any} */ (window).iterations.length);
  await press(page, '#train-resume');
  await untilIteration(page, frozen + 1);
  const next = await page.evaluate((index) => /** @type {any} */ (window).iterations.slice(index), at);
  const first = next.find((/** @type {number} */ iteration) => iteration !== frozen);
  assert.ok(first > frozen && first < frozen + 100, `resumed at ${first} after ${frozen}`);
}

/** @param {Page} page @param {World} world */
async function checkTheEnd(page, world) {
  const iterations = await page.evaluate(() => /** @type {any} */ (window).iterations);
  assert.ok(
    iterations.every(
      (/** @type {number} */ n, /** @type {number} */ i) => i === 0 || n >= iterations[i - 1] || n === 0,
    ),
    'the iteration went back',
  );
  const lines = await page.$$eval('#train-log li', (items) => items.map((item) => item.textContent ?? ''));
  assert.equal(lines.length, 4, `the log of four epochs: ${lines.join('; ')}`);
  const last = Number(lines[3].match(/= (0\.\d{4})$/)?.[1]);
  assert.ok(last > 0.93, `after Quick the test accuracy is ${last}`);
  await settle(page);
  assert.equal((await readAnswer(page)).digit, '2', 'the trained network does not read a plain 2');
  if (world.name === 'chromium') {
    await assertShortTasks(page);
  }
  for (const painted of await paintedPixels(page)) assert.ok(painted > 2000, `a chart has ${painted} pixels`);
}

/** @param {Page} page @param {string} id */
async function tabTo(page, id) {
  for (let i = 0; i < 60; i++) {
    if (await page.evaluate((wanted) => document.activeElement?.id === wanted, id)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`#${id} can't be reached by the Tab key`);
}

/** Scenario 5. @param {World} world */
export async function worksByKeyboard(world) {
  await withPage(world, DESKTOP, async (page) => {
    await untilAnswered(page);
    await page.waitForFunction(() => document.querySelector('#answer-text')?.textContent === 'I read a 3');
    await tabTo(page, 'drawing');
    for (let i = 0; i < 6; i++) await page.keyboard.press('ArrowUp');
    // Held down: a line. Tapped: dots that touch.
    await page.keyboard.down(' ');
    for (let i = 0; i < 6; i++) await page.keyboard.press('ArrowDown');
    await page.keyboard.up(' ');
    for (let i = 0; i < 6; i++) {
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press(' ');
    }
    await page.waitForFunction(() => document.querySelector('#answer')?.getAttribute('data-digit') === '1');
    await page.waitForFunction(() =>
      /^I read a 1, \d+%\.$/.test(document.querySelector('#spoken')?.textContent ?? ''),
    );
    await page.keyboard.press('e');
    await settle(page);
    const erased = await readAnswer(page);
    await tabTo(page, 'undo');
    await page.keyboard.press('Enter');
    await settle(page);
    assert.notDeepEqual((await readAnswer(page)).pixels, erased.pixels, 'E erased nothing');

    await tabTo(page, 'train-start');
    await page.keyboard.press('Enter');
    await untilIteration(page, 1);
    await tabTo(page, 'train-pause');
    await page.keyboard.press('Enter');
    await untilTraining(page, 'paused');
    await tabTo(page, 'train-stop');
    await page.keyboard.press('Enter');
    await untilTraining(page, 'idle');
    await page.focus('#tab-train');
    for (const panel of ['look-inside', 'why-lstm', 'model']) {
      await page.keyboard.press('ArrowRight');
      await page.waitForFunction(
        (id) => /** @type {HTMLElement} */ (document.querySelector(`#${id}`)).hidden === false,
        {},
        panel,
      );
    }
  });
}

/** Wrong settings are told at their fields; one batch, stop, start over. @param {World} world */
export async function checksSettings(world) {
  await withPage(world, DESKTOP, async (page) => {
    await untilAnswered(page);
    await openTab(page, 'train');
    await setField(page, 'hidden', '0');
    await press(page, '#train-start');
    assert.equal(
      await text(page, 'field-hidden-error'),
      'Hidden units must be a whole number from 1 to 1,024; you entered 0.',
    );
    assert.equal((await readTraining(page)).state, 'idle');
    await setField(page, 'hidden', '24');
    assert.equal(await text(page, 'field-hidden-error'), '');
    assert.equal(
      await page.$eval('#preset-custom', (radio) => /** @type {HTMLInputElement} */ (radio).checked),
      true,
    );
    for (const n of [1, 2, 3]) {
      await press(page, '#train-batch');
      await untilIteration(page, n);
      assert.deepEqual(await readTraining(page), { state: 'paused', epoch: 0, iteration: n });
    }
    await press(page, '#train-resume');
    await untilIteration(page, 10);
    await press(page, '#train-stop');
    await untilTraining(page, 'idle');
    await openTab(page, 'model');
    assert.equal(await text(page, 'model-hidden'), '24');
  });
}

/** An IDX file: the header's sizes, then bytes. @param {number[]} sizes @param {(i: number) => number} value */
function idx(sizes, value) {
  const count = sizes.reduce((a, b) => a * b, 1);
  const header = [
    0,
    0,
    8,
    sizes.length,
    ...sizes.flatMap((n) => [n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255]),
  ];
  return Uint8Array.from([...header, ...Array.from({ length: count }, (_, i) => value(i))]);
}

/** The user's own files, in any order, gzip or not. @param {World} world */
export async function trainsOnOwnFiles(world) {
  const file = (/** @type {string} */ name) => join(world.downloads, name);
  await writeFile(
    file('my-labels'),
    idx([120], (i) => i % 10),
  );
  await writeFile(file('my-images.gz'), gzipSync(idx([120, 28, 28], (i) => (i * 31) % 256)));
  await writeFile(
    file('few-labels'),
    idx([100], (i) => i % 10),
  );
  await withPage(world, DESKTOP, async (page) => {
    await untilAnswered(page);
    await page.select('#data', 'own');
    await press(page, '#train-start');
    await untilText(page, '.failure', 'Choose your data files first.');
    const input = /** @type {import('puppeteer-core').ElementHandle<HTMLInputElement>} */ (
      await page.$('#data-files-input')
    );
    await input.uploadFile(file('few-labels'), file('my-images.gz'));
    await untilText(
      page,
      '.own-data [role=status]',
      'my-images.gz has 120 images, but few-labels has 100 labels.',
    );
    await input.uploadFile(file('my-labels'), file('my-images.gz'));
    await untilText(
      page,
      '.own-data [role=status]',
      '120 images to train on; tested on MNIST’s test images.',
    );
    await press(page, '#train-start');
    await untilTraining(page, 'done');
    assert.equal((await readTraining(page)).iteration, 12, 'four epochs of three batches');
  });
}

/** @param {Page} page @param {string} name @param {string} value */
async function setField(page, name, value) {
  const input = await page.$(`#field-${name}`);
  await input?.evaluate((element) => /** @type {HTMLInputElement} */ (element).select());
  await input?.type(value);
}
