#!/usr/bin/env node
/**
 * Takes models/README's picture of what a network misreads: `node tests/browser/failures.js [NETWORK.safetensors]`
 * (default: models/best.safetensors) writes NETWORK-failures.png beside it.
 */

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { answersTo, confidences } from '../../models/calibration.js';
import { loadMnist } from '../../models/mnist.js';
import { loadEngine } from '../../web/lib/index.js';
import { createWorld } from './browser.js';

const file = process.argv[2] ?? fileURLToPath(new URL('../../models/best.safetensors', import.meta.url));

/** The test images that are misread, the surest first. */
async function failures() {
  const { test } = await loadMnist();
  const engine = await loadEngine({ variant: 'simd' });
  const network = engine.openNetwork(await readFile(file), { name: basename(file), batch: 50 });
  const { predictions } = await network.evaluate(engine.createDataset(test));
  return confidences(answersTo(network, test))
    .map(({ isRight, probability }, i) => ({ isRight, probability, i }))
    .filter(({ isRight }) => !isRight)
    .sort((a, b) => b.probability - a.probability)
    .map(({ probability, i }) => ({
      pixels: [...test.images.subarray(i * 784, (i + 1) * 784)],
      words: `${test.labels[i]} as ${predictions[i]}, ${Math.round(100 * probability)} %`,
    }));
}

/** Runs in the page. @param {{pixels: number[], words: string}[]} all */
function show(all) {
  document.body.style.cssText =
    'margin: 0; padding: 8px; width: 880px; display: flex; flex-wrap: wrap; gap: 8px; background: #fff; font: 12px sans-serif; color: #222';
  for (const { pixels, words } of all) {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [28, 28];
    canvas.style.cssText = 'display: block; width: 84px; height: 84px; image-rendering: pixelated';
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    const image = context.createImageData(28, 28);
    pixels.forEach((ink, p) => image.data.set([255 - ink, 255 - ink, 255 - ink, 255], 4 * p));
    context.putImageData(image, 0, 0);
    const figure = document.createElement('div');
    figure.style.cssText = 'width: 84px; text-align: center; white-space: nowrap';
    figure.append(canvas, words);
    document.body.append(figure);
  }
}

const all = await failures();
const world = await createWorld('chromium');
const page = await world.browser.newPage();
await page.setViewport({ width: 896, height: 200 });
await page.evaluate(show, all);
const path = /** @type {any} */ (file.replace(/\.safetensors$/, '-failures.png'));
await page.screenshot({ path, fullPage: true });
await world.close();
console.log(`${path}: ${all.length} of 10,000`);
