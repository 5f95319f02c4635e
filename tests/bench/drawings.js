#!/usr/bin/env node
/**
 * How a network reads drawings: `node tests/bench/drawings.js DRAWINGS.jsonl NETWORK.safetensors...`
 *
 * The file has a drawing a line: {"label": 0..9, "strokes": [[[x, y], ...], ...]}, points in the order drawn, x to
 * the right, y downwards, in units of your choice. Each is read as the page reads what is drawn on it: scaled into
 * its canvas, then engine.readDrawing.
 */

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { loadEngine } from '../../web/lib/index.js';

/** @typedef {{label: number, strokes: number[][][]}} Drawing */

/** A drawing's place on the canvas: the page's pen, and a margin. */
const PEN_RADIUS = 0.03;
const MARGIN = 0.1;

/** @param {string} path @returns {Promise<Drawing[]>} */
async function readDrawings(path) {
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line.trim() !== '');
  return lines.map((line, i) => {
    const { label, strokes } = JSON.parse(line);
    if (!Number.isInteger(label) || !Array.isArray(strokes)) throw new Error(`${path}, line ${i + 1}`);
    return { label, strokes };
  });
}

/** @param {number[][][]} strokes @returns {import('../../web/lib/engine.js').Stroke[]} */
function onCanvas(strokes) {
  const [xs, ys] = [0, 1].map((axis) => strokes.flat().map((point) => point[axis]));
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const side = Math.max(Math.max(...xs) - left, Math.max(...ys) - top) || 1;
  const scale = (1 - 2 * MARGIN) / side;
  return strokes.map((points) => ({
    tool: 'pen',
    radius: PEN_RADIUS,
    points: points.flatMap(([x, y]) => [MARGIN + (x - left) * scale, MARGIN + (y - top) * scale]),
  }));
}

/**
 * The drawings as 28x28 digits, one after the other, and their labels.
 * @param {import('../../web/lib/index.js').Engine} engine
 * @param {string} path
 */
export async function loadDrawings(engine, path) {
  const drawings = await readDrawings(path);
  const images = new Uint8Array(drawings.length * 784);
  for (const [i, { strokes }] of drawings.entries()) {
    images.set(engine.readDrawing(onCanvas(strokes)).pixels, i * 784);
  }
  return { images, labels: drawings.map(({ label }) => label) };
}

/** @param {number[]} labels @param {Int32Array} predictions */
export function perDigit(labels, predictions) {
  return Array.from({ length: 10 }, (_, digit) => {
    const own = labels.flatMap((label, i) => (label === digit ? [predictions[i]] : []));
    const wrong = new Map();
    for (const answer of own) if (answer !== digit) wrong.set(answer, (wrong.get(answer) ?? 0) + 1);
    const taken = [...wrong].sort((a, b) => b[1] - a[1]).map(([answer, n]) => `${n} as ${answer}`);
    return { digit, count: own.length, right: own.filter((answer) => answer === digit).length, taken };
  }).filter(({ count }) => count > 0);
}

async function main() {
  const [path, ...files] = process.argv.slice(2);
  if (!path || files.length === 0) {
    console.error('Usage: node tests/bench/drawings.js DRAWINGS.jsonl NETWORK.safetensors...');
    process.exitCode = 1;
    return;
  }
  const engine = await loadEngine({ variant: 'simd', threads: 1 });
  const { images, labels } = await loadDrawings(engine, path);
  for (const file of files) {
    const network = engine.openNetwork(await readFile(file), { name: basename(file) });
    const dataset = engine.createDataset({ images, labels });
    const { accuracy, correct, count, predictions } = await network.evaluate(dataset);
    console.log(`${basename(file)}: ${(100 * accuracy).toFixed(2)} % of ${count} (${count - correct} wrong)`);
    for (const { digit, count: all, right, taken } of perDigit(labels, predictions)) {
      console.log(`  ${digit}: ${((100 * right) / all).toFixed(1)} % of ${all}  ${taken.join(', ')}`);
    }
    dataset.dispose();
    network.dispose();
  }
}

if (process.argv[1] === new URL(import.meta.url).pathname) await main();
