/** Saving, loading, and files that are no models: scenario 9. */

import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSafetensors, writeSafetensors } from '../../web/lib/index.js';
import {
  DESKTOP,
  digitStrokes,
  draw,
  openTab,
  PATIENCE,
  press,
  readAnswer,
  settle,
  untilAnswered,
  untilIteration,
  untilTraining,
  withPage,
} from './browser.js';

/** @typedef {import('./browser.js').World} World */
/** @typedef {import('puppeteer-core').Page} Page */

const MODELS = new URL('../../models/', import.meta.url);

/** A file that the browser has saved, whole. @param {string} folder */
async function downloaded(folder) {
  for (const end = Date.now() + PATIENCE; Date.now() < end;) {
    const names = await readdir(folder);
    const name = names.find((entry) => entry.endsWith('.safetensors'));
    const isWhole = !names.some((entry) => /\.(crdownload|part|tmp)$/.test(entry));
    if (name && isWhole && (await readFile(join(folder, name))).length > 0) return join(folder, name);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return assert.fail(`no file was saved in ${folder}: ${await readdir(folder)}`);
}

/** The answer to always the same drawing. @param {Page} page */
async function answerToAFour(page) {
  await page.evaluate(() => window.scrollTo(0, 0));
  await press(page, '#clear');
  await draw(page, digitStrokes(4));
  await settle(page);
  return (await readAnswer(page)).probabilities;
}

/** @param {Page} page @param {string} path */
async function load(page, path) {
  const input = /** @type {import('puppeteer-core').ElementHandle<HTMLInputElement>} */ (
    await page.$('#model-load-input')
  );
  await input.uploadFile(path);
}

/** @param {Page} page @param {RegExp} expected */
async function untilMessage(page, expected) {
  await page.waitForFunction(
    (source) => new RegExp(source).test(document.querySelector('#model-message')?.textContent ?? ''),
    {},
    expected.source,
  );
}

/** @param {World} world */
export async function savesAndLoads(world) {
  /** @type {string[]} */
  let before = [];
  let saved = '';
  await withPage(world, DESKTOP, async (page) => {
    await untilAnswered(page);
    await press(page, '#train-start');
    await untilIteration(page, 60);
    await press(page, '#train-stop');
    await untilTraining(page, 'idle');
    before = await answerToAFour(page);
    await openTab(page, 'model');
    await press(page, '#model-save');
    saved = await downloaded(world.downloads);
  });
  await withPage(world, DESKTOP, async (page) => {
    await untilAnswered(page);
    assert.notDeepEqual(await answerToAFour(page), before, 'the pretrained network is the trained one');
    await openTab(page, 'model');
    await load(page, saved);
    await untilMessage(page, /is loaded\.$/);
    assert.deepEqual(
      await answerToAFour(page),
      before,
      'the loaded network answers otherwise than the saved one',
    );
    await refusesBadFiles(page, saved, world.downloads);
    assert.deepEqual(await answerToAFour(page), before, 'a bad file changed the network');
  });
}

/** @param {Page} page @param {string} saved @param {string} folder */
async function refusesBadFiles(page, saved, folder) {
  const good = new Uint8Array(await readFile(saved));
  const { tensors, metadata } = readSafetensors(good);
  const poisoned = new Map(tensors);
  const bias = /** @type {{shape: number[], data: Float32Array}} */ (tensors.get('output.bias'));
  poisoned.set('output.bias', {
    shape: bias.shape,
    data: bias.data.map((value, i) => (i === 3 ? NaN : value)),
  });
  const wrongShape = new Map(tensors);
  wrongShape.set('output.bias', { shape: [5], data: new Float32Array(5) });
  const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 0, 1);
  /** @type {[string, Uint8Array, RegExp][]} */
  const files = [
    [
      'cat.png',
      png,
      /^cat\.png isn’t a model this page can read\. Expected \.safetensors\. Your current model is unchanged\.$/,
    ],
    [
      'cut.safetensors',
      good.subarray(0, good.length - 1000),
      /^cut\.safetensors is incomplete.*unchanged\.$/,
    ],
    [
      'nan.safetensors',
      writeSafetensors(poisoned, metadata),
      /^nan\.safetensors: “output\.bias” holds NaN.*unchanged\.$/,
    ],
    [
      'shape.safetensors',
      writeSafetensors(wrongShape, metadata),
      /^shape\.safetensors: .*\[5\]; expected \[10\].*unchanged\.$/,
    ],
  ];
  for (const [name, bytes, message] of files) {
    const path = join(folder, name);
    await writeFile(path, bytes);
    await openTab(page, 'model');
    if (name === 'nan.safetensors') await drop(page, name, bytes);
    else await load(page, path);
    await untilMessage(page, message);
  }
}

/** Drops a file on the panel. @param {Page} page @param {string} name @param {Uint8Array} bytes */
async function drop(page, name, bytes) {
  await page.evaluate(
    (fileName, base64) => {
      const content = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([content], fileName));
      document
        .querySelector('#model .drop-place')
        ?.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    },
    name,
    Buffer.from(bytes).toString('base64'),
  );
}

/** From which probability on an answer is sure, is told by the network's file. @param {World} world */
export async function isSureAsItsFileSays(world) {
  const [name] = (await readdir(MODELS)).filter((file) => file.startsWith('small'));
  const { tensors, metadata } = readSafetensors(await readFile(new URL(name, MODELS)));
  await withPage(world, DESKTOP, async (page) => {
    await untilAnswered(page);
    for (const [sureAbove, expected] of /** @type {[string, RegExp][]} */ ([
      ['1', /^Not sure: 4 or [0-35-9]\?$/],
      ['0.2', /^I read a 4$/],
    ])) {
      const path = join(world.downloads, `sure-${sureAbove}.safetensors`);
      await writeFile(path, writeSafetensors(tensors, { ...metadata, sure_above: sureAbove }));
      await openTab(page, 'model');
      await load(page, path);
      await untilMessage(page, /is loaded\.$/);
      await answerToAFour(page);
      const { digit, text } = await readAnswer(page);
      assert.equal(digit, '4');
      assert.match(text ?? '', expected, `sure from ${sureAbove} on`);
    }
  });
}
