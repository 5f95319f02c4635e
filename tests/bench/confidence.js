#!/usr/bin/env node
/**
 * How honest a network's confidence is: `node tests/bench/confidence.js NETWORK.safetensors...`
 *
 * Prints the expected calibration error on MNIST's test images, and how many digits and how many drawings that are no
 * digits (1,000, of kinds never trained on) get an answer: a probability of at least what the file says is sure.
 * With --drawings DRAWINGS.jsonl (see drawings.js) also of these.
 */

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { answersTo, calibrationError, confidences } from '../../models/calibration.js';
import { loadMnist } from '../../models/mnist.js';
import { drawHeldOut, HELD_OUT_KINDS } from '../../models/scribbles.js';
import { loadEngine, NO_CLASS } from '../../web/lib/index.js';
import { loadDrawings } from './drawings.js';

const OF_EACH_KIND = 250;
const SEED = 2026;
/** As the page: where a file does not say. */
const SURE_ABOVE = 0.5;
const [SIDE, PIXELS] = [28, 784];

/** A wholly inked picture. */
const full = {
  images: new Uint8Array(PIXELS).fill(255),
  labels: Int16Array.of(NO_CLASS),
  count: 1,
  rows: SIDE,
  columns: SIDE,
};

/** @param {number} share */
const percent = (share) => `${(100 * share).toFixed(1)} %`;

/** @param {ReturnType<typeof confidences>} all @param {number} threshold */
function answered(all, threshold) {
  const sure = all.filter(({ probability }) => probability >= threshold);
  const wrong = sure.filter(({ isRight }) => !isRight).length / Math.max(sure.length, 1);
  return { share: sure.length / all.length, count: sure.length, wrong };
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { drawings: { type: 'string' } },
  });
  if (positionals.length === 0) {
    console.error('Usage: node tests/bench/confidence.js [--drawings DRAWINGS.jsonl] NETWORK.safetensors...');
    process.exitCode = 1;
    return;
  }
  const engine = await loadEngine({ variant: 'simd', threads: 1 });
  const digits = [{ name: 'test images', images: (await loadMnist()).test }];
  if (values.drawings) {
    const drawings = await loadDrawings(engine, values.drawings);
    const labels = Uint8Array.from(drawings.labels);
    const images = { ...drawings, labels, count: labels.length, rows: SIDE, columns: SIDE };
    digits.push({ name: 'drawings', images });
  }
  const scribbles = Object.keys(HELD_OUT_KINDS).map((kind) => ({
    name: kind,
    images: drawHeldOut(engine, kind, OF_EACH_KIND, SEED),
  }));
  for (const file of positionals) {
    const network = engine.openNetwork(await readFile(file), { name: basename(file), batch: 50 });
    const threshold = Number(network.metadata.sure_above ?? SURE_ABOVE);
    const error = calibrationError(answersTo(network, digits[0].images));
    console.log(
      `${basename(file)}: calibration error ${(100 * error).toFixed(2)} %; sure from ${threshold} on`,
    );
    for (const { name, images } of digits) {
      const { share, wrong } = answered(confidences(answersTo(network, images)), threshold);
      console.log(`  ${name}: ${percent(share)} answered, of these ${percent(wrong)} wrong`);
    }
    const counts = scribbles.map(({ name, images }) => {
      const { count } = answered(confidences(answersTo(network, images)), threshold);
      return { name, count };
    });
    const sum = counts.reduce((all, { count }) => all + count, 0);
    const each = counts.map(({ name, count }) => `${name} ${count} of ${OF_EACH_KIND}`).join(', ');
    console.log(`  no digits: ${sum} of ${OF_EACH_KIND * counts.length} answered (${each})`);
    const [{ probability }] = confidences(answersTo(network, full));
    console.log(`  all ink: ${probability >= threshold ? 'answered' : 'not sure'} (${percent(probability)})`);
    network.dispose();
  }
}

await main();
