/** Networks that read clothes: samples, names of classes in both languages, training on Fashion-MNIST. */

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { loadEngine } from '../../web/lib/index.js';
import {
  boxOf,
  DESKTOP,
  digitStrokes,
  draw,
  openTab,
  PHONE,
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
import { checkAccessibility, overflowing, withChanged } from './layout-scenarios.js';

/** @typedef {import('./browser.js').World} World */
/** @typedef {import('puppeteer-core').Page} Page */

const WEB = new URL('../../web/', import.meta.url);
const FILE = new URL('../../models/fashion.safetensors', import.meta.url);

const NAMES = {
  en: 'T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot'.split(','),
  zh: 'T恤/上衣,裤子,套头衫,连衣裙,外套,凉鞋,衬衫,运动鞋,包,短靴'.split(','),
};

/** @param {Page} page @param {string} name */
async function openPretrained(page, name) {
  await openTab(page, 'model');
  await press(page, `#model [aria-label="Open ${name}"]`);
  await untilText(page, '#model-message', `${name} is loaded.`);
}

/** @param {Page} page */
async function openClothes(page) {
  await untilAnswered(page);
  await openPretrained(page, 'fashion.safetensors');
  await page.waitForFunction(() => document.querySelectorAll('#samples button').length === 10);
}

/** Until no row is read any more. @param {Page} page */
async function untilRead(page) {
  await page.waitForFunction(
    () =>
      /** @type {HTMLElement} */ (document.querySelector('#sweep')).hidden &&
      !/row|行/.test(document.querySelector('#answer-text')?.textContent ?? ''),
  );
  await settle(page);
}

/** @param {Page} page @param {string} selector */
const textsOf = (page, selector) =>
  page.$$eval(selector, (all) => all.map(({ textContent }) => textContent ?? ''));

/** What is shown of an answer whose class is `label`. @param {Page} page @param {'en' | 'zh'} language */
async function checkNames(page, language) {
  const names = NAMES[language];
  assert.deepEqual(await textsOf(page, '#bars .bar-digit'), names);
  assert.deepEqual(await textsOf(page, '#look-inside .answers .rows-left span'), names);
  const { digit, probabilities, text } = await readAnswer(page);
  const label = Number(digit);
  assert.equal(probabilities.map(Number).indexOf(Math.max(...probabilities.map(Number))), label);
  const isSure = (await page.$eval('#answer', (answer) => answer.getAttribute('data-kind'))) === 'answer';
  const sure = { en: `I see: ${names[label]}`, zh: `我看是：${names[label]}` };
  if (isSure) {
    assert.equal(text, sure[language]);
    assert.deepEqual(await textsOf(page, '#answer-digit'), [names[label]]);
  } else {
    assert.ok((text ?? '').includes(names[label]), `${text} does not name ${names[label]}`);
  }
  return label;
}

/** @param {World} world */
export async function readsClothes(world) {
  const samples = (await gunzipped('fashion-samples-images-idx3-ubyte.gz')).subarray(16);
  const engine = await loadEngine({ threads: 1 });
  const network = engine.openNetwork(new Uint8Array(await readFile(FILE)));
  await withPage(world, DESKTOP, async (page) => {
    await openClothes(page);
    assert.equal(await page.title(), 'LSTM reads clothes');
    await openTab(page, 'look-inside');
    let right = 0;
    for (const i of [1, 8, 5]) {
      await press(page, `#samples button:nth-child(${i + 1})`);
      await untilRead(page);
      const { pixels, probabilities } = await readAnswer(page);
      const picture = samples.slice(i * 784, (i + 1) * 784);
      assert.deepEqual(pixels, [...picture], 'the picture is not read as it is');
      const expected = network.predict(picture).probabilities;
      expected.forEach((p, k) => assert.ok(Math.abs(p - Number(probabilities[k])) < 1e-3, `class ${k}`));
      right += Number((await checkNames(page, 'en')) === i);
    }
    assert.ok(right >= 2, `of a trouser, a bag and a sandal ${right} are named rightly`);
    await press(page, '#language');
    await settle(page);
    await checkNames(page, 'zh');
    assert.equal(await page.title(), 'LSTM 认衣物');
    await press(page, '#language');
    await drawsAGarment(page);
    await press(page, '#sample');
    await untilRead(page);
    await openPretrained(page, 'small.safetensors');
    await untilRead(page);
    assert.deepEqual(await textsOf(page, '#bars .bar-digit'), [...'0123456789']);
    await page.waitForFunction(() =>
      /^I read a \d$/.test(document.querySelector('#answer-text')?.textContent ?? ''),
    );
    assert.equal(await page.$eval('#samples', (strip) => /** @type {HTMLElement} */ (strip).hidden), true);
  });
}

/** A drawing is read as large and where it stands: nothing is centred. @param {Page} page */
async function drawsAGarment(page) {
  const edge = /** @type {[number, number][]} */ ([
    [0.05, 0.05],
    [0.25, 0.05],
    [0.25, 0.3],
    [0.05, 0.3],
    [0.05, 0.05],
  ]);
  await draw(page, [edge]);
  await settle(page);
  const { pixels, digit } = await readAnswer(page);
  assert.notEqual(digit, '');
  const inked = pixels.flatMap((ink, i) => (ink > 0 ? [i] : []));
  assert.ok(inked.length > 10, 'the drawing is not read');
  assert.ok(
    inked.every((i) => i % 28 < 10 && i < 12 * 28),
    'the drawing was moved or scaled',
  );
  await press(page, '#clear');
  await untilText(page, '#answer-text', 'Pick a sample, or draw a garment.');
  await untilText(page, '#drawing-hint', 'Pick a sample, or draw a garment.');
}

/** @param {string} name in web/data/ */
async function gunzipped(name) {
  return new Uint8Array(gunzipSync(await readFile(new URL(`data/${name}`, WEB))));
}

/** The Fashion network on a phone, in Chinese, in either theme. @param {World} world */
export async function clothesFitAPhone(world) {
  await withPage(world, PHONE, async (page) => {
    await openClothes(page);
    for (const theme of ['light', 'dark']) {
      await page.select('#theme', theme);
      await press(page, '#tab-draw');
      await untilRead(page);
      const { y, height } = await boxOf(page, '#samples');
      const tabs = await boxOf(page, '#tabs');
      assert.ok(y + height <= tabs.y, 'drawing, answer, bars and samples are not on one screen');
      for (const tab of ['draw', 'look-inside', 'model']) {
        await openTab(page, tab);
        assert.deepEqual(await overflowing(page), [], `${theme}, ${tab}`);
        await checkAccessibility(page, `clothes, ${theme}, ${tab}`);
      }
      await press(page, '#language');
    }
  });
}

/** Trained in the tab, on the bundled clothes and on the user's own copy. @param {World} world */
export async function trainsOnClothes(world) {
  const names = ['t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'];
  const own = names.map((name) => join(world.downloads, name));
  for (const [i, path] of own.entries()) await writeFile(path, await gunzipped(`fashion-${names[i]}.gz`));
  await withPage(world, DESKTOP, async (page) => {
    await untilAnswered(page);
    await openTab(page, 'train');
    await page.select('#data', 'fashion');
    await press(page, '#train-batch');
    await untilIteration(page, 1);
    await page.waitForFunction(() => document.title === 'LSTM reads clothes');
    assert.deepEqual(await readTraining(page), { state: 'paused', epoch: 0, iteration: 1 });
    assert.deepEqual(await textsOf(page, '#bars .bar-digit'), NAMES.en);
    assert.equal(await page.$eval('#model-data', ({ textContent }) => textContent), 'Fashion-MNIST: clothes');
    await press(page, '#train-stop');
    await untilTraining(page, 'idle');
    await page.select('#data', 'bundled');
    await press(page, '#train-batch');
    await page.waitForFunction(() => document.title === 'LSTM reads digits');
    await press(page, '#train-stop');
    await untilTraining(page, 'idle');
    await page.select('#data', 'own');
    const input = /** @type {import('puppeteer-core').ElementHandle<HTMLInputElement>} */ (
      await page.$('#data-files-input')
    );
    await input.uploadFile(...own);
    await untilText(
      page,
      '.own-data [role=status]',
      '10,000 images to train on; tested on Fashion-MNIST’s test images. They are Fashion-MNIST’s: the answers will be names of clothes.',
    );
    await press(page, '#train-batch');
    await page.waitForFunction(() => document.title === 'LSTM reads clothes');
  });
}

/** A site that has the network but not the pictures. @param {World} world */
export async function worksWithoutPictures(world) {
  const nothing = Object.fromEntries(
    ['samples', 'train-10k', 't10k'].flatMap((name) => [
      [`fashion-${name}-images-idx3-ubyte.gz`, null],
      [`fashion-${name}-labels-idx1-ubyte.gz`, null],
    ]),
  );
  await withChanged(['data'], nothing, (url) =>
    withPage(
      world,
      DESKTOP,
      async (page) => {
        const words =
          'This site comes without the pictures of Fashion-MNIST. Train on your own copy of its files.';
        await untilAnswered(page);
        await openPretrained(page, 'fashion.safetensors');
        await untilText(page, '#samples-note', words);
        await untilText(page, '#answer-text', 'Pick a sample, or draw a garment.');
        await press(page, '#clear');
        await draw(page, digitStrokes(8));
        await page.waitForFunction(
          () => document.querySelector('#answer')?.getAttribute('data-digit') !== '',
        );
        await openTab(page, 'train');
        await page.select('#data', 'fashion');
        await press(page, '#train-batch');
        await untilText(page, '.failure', words);
      },
      { url, expected: /404/ },
    ),
  );
}
