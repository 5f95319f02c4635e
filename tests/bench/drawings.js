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
import { RADIUS } from '../../web/page/sketch.js';
import { onCanvas, PLAIN } from './drawing-forms.js';

/** @typedef {{label: number, strokes: number[][][]}} Drawing */

/** @param {unknown} strokes */
function isDrawn(strokes) {
  const isPoint = (/** @type {unknown} */ point) =>
    Array.isArray(point) && point.length >= 2 && point.slice(0, 2).every(Number.isFinite);
  const isStroke = (/** @type {unknown} */ stroke) =>
    Array.isArray(stroke) && stroke.length > 0 && stroke.every(isPoint);
  return Array.isArray(strokes) && strokes.length > 0 && strokes.every(isStroke);
}

/** @param {string} path @returns {Promise<Drawing[]>} */
export async function readDrawings(path) {
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line.trim() !== '');
  return lines.map((line, i) => {
    const { label, strokes } = JSON.parse(line);
    const isDigit = Number.isInteger(label) && label >= 0 && label <= 9;
    if (!isDigit || !isDrawn(strokes)) {
      const found = line.length > 60 ? `${line.slice(0, 60)}...` : line;
      throw new Error(
        `${path}, line ${i + 1}: ${found}: expected {"label": 0..9, "strokes": [[[x, y], ...], ...]}`,
      );
    }
    return { label, strokes };
  });
}

/** @param {number[][][]} strokes @returns {import('../../web/lib/engine.js').Stroke[]} */
function penStrokes(strokes) {
  const placed = onCanvas(strokes, PLAIN);
  return placed.map((points) => ({ tool: 'pen', radius: RADIUS.pen, points: points.flat() }));
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
    images.set(engine.readDrawing(penStrokes(strokes)).pixels, i * 784);
  }
  return { images, labels: drawings.map(({ label }) => label) };
}

/** @param {readonly number[]} labels @param {ArrayLike<number>} predictions */
export function perDigit(labels, predictions) {
  return Array.from({ length: 10 }, (_, digit) => {
    const own = labels.flatMap((label, i) => (label === digit ? [predictions[i]] : []));
    const wrong = new Map();
    for (const answer of own) if (answer !== digit) wrong.set(answer, (wrong.get(answer) ?? 0) + 1);
    const taken = [...wrong].sort((a, b) => b[1] - a[1]).map(([answer, n]) => `${n} as ${answer}`);
    return { digit, count: own.length, right: own.filter((answer) => answer === digit).length, taken };
  }).filter(({ count }) => count > 0);
}

/** @param {readonly number[]} labels @param {ArrayLike<number>} predictions */
export function printPerDigit(labels, predictions) {
  for (const { digit, count, right, taken } of perDigit(labels, predictions)) {
    console.log(`  ${digit}: ${((100 * right) / count).toFixed(1)} % of ${count}  ${taken.join(', ')}`);
  }
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
    printPerDigit(labels, predictions);
    dataset.dispose();
    network.dispose();
  }
}

if (process.argv[1] === new URL(import.meta.url).pathname) await main();
