/** Temperature, calibration error and threshold, against answers whose honesty is known; drawings that are no digits. */

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  answersTo,
  calibrationError,
  confidences,
  cool,
  fitTemperature,
  sureAbove,
} from '../models/calibration.js';
import { drawHeldOut, drawScribbles, HELD_OUT_KINDS } from '../models/scribbles.js';
import { loadEngine, NO_CLASS } from '../web/lib/index.js';
import { randomNumbers } from '../web/random-numbers.js';

const CLASSES = 4;

/** @type {import('../web/lib/index.js').Engine} */
let engine;
before(async () => {
  engine = await loadEngine({ threads: 1 });
});

/**
 * Answers whose labels are drawn with just the probabilities that the logits over `temperature` say.
 * @param {number} count
 * @param {number} temperature
 */
function honestOver(count, temperature) {
  const next = randomNumbers(3);
  const logits = Float32Array.from({ length: count * CLASSES }, () => temperature * 4 * next());
  const labels = Array.from({ length: count }, (_, i) => {
    const row = [...logits.subarray(i * CLASSES, (i + 1) * CLASSES)].map((z) => Math.exp(z / temperature));
    let rest = next() * row.reduce((a, b) => a + b, 0);
    const label = row.findIndex((power) => (rest -= power) < 0);
    return label < 0 ? CLASSES - 1 : label;
  });
  return { logits, labels, classes: CLASSES };
}

test('the temperature is found again', () => {
  for (const temperature of [0.4, 1, 2.5]) {
    const found = fitTemperature(honestOver(20000, temperature));
    assert.ok(Math.abs(found / temperature - 1) < 0.04, `${found}, expected about ${temperature}`);
  }
});

test('the calibration error: small for honest answers, the gap for others, by hand for two answers', () => {
  assert.ok(calibrationError(honestOver(20000, 1)) < 0.02);
  assert.ok(calibrationError(honestOver(20000, 3)) > 0.1);
  const half = Math.log(3); // softmax of (log 3, 0) is 3/4, 1/4
  const two = { logits: Float32Array.of(half, 0, half, 0), labels: [0, 0], classes: 2 };
  assert.ok(Math.abs(calibrationError(two) - 0.25) < 1e-6);
  assert.ok(Math.abs(calibrationError({ ...two, labels: [0, 1] }) - 0.25) < 1e-6);
});

test('sure: above what 1 % of the right answers lie below, wrong answers not counted', () => {
  const logit = (/** @type {number} */ p) => Math.log(p / (1 - p));
  const right = Array.from({ length: 1000 }, (_, i) => (i < 10 ? 0.7 : 0.8 + i / 10000));
  const wrong = new Array(100).fill(0.6);
  const answers = {
    logits: Float32Array.from([...right, ...wrong].flatMap((p) => [logit(p), 0])),
    labels: [...right.map(() => 0), ...wrong.map(() => 1)],
    classes: 2,
  };
  assert.equal(sureAbove(answers), 0.8);
  const doubtful = { logits: new Float32Array(8), labels: [0, 0, 0, 0], classes: 2 };
  assert.equal(sureAbove(doubtful), 0.5);
  const certain = { logits: Float32Array.of(30, 0, 30, 0), labels: [0, 0], classes: 2 };
  assert.equal(sureAbove(certain), 0.95);
});

test('a cooled network: its logits divided by the temperature, its choices as before', () => {
  const network = engine.createNetwork({ hidden: 12, seed: 4, batch: 3 });
  const images = drawScribbles(engine, 7, 1);
  const hot = answersTo(network, images);
  cool(network, 2);
  const cold = answersTo(network, images);
  assert.equal(cold.logits.length, 7 * 10);
  cold.logits.forEach((z, i) => assert.ok(Math.abs(2 * z - hot.logits[i]) < 1e-6));
  network.dispose();
});

test('drawings that are no digits: seeded, with ink, of no class; those that measure are other ones', () => {
  const trained = drawScribbles(engine, 120, 1);
  assert.deepEqual(trained, drawScribbles(engine, 120, 1));
  assert.notDeepEqual(trained.images, drawScribbles(engine, 120, 2).images);
  const heldOut = Object.keys(HELD_OUT_KINDS).map((kind) => drawHeldOut(engine, kind, 30, 1));
  for (const { images, labels } of [trained, ...heldOut]) {
    labels.forEach((label, i) => {
      assert.equal(label, NO_CLASS);
      const ink = images.subarray(i * 784, (i + 1) * 784).reduce((a, b) => a + b, 0);
      assert.ok(ink > 255 * 8, `drawing ${i} has ${ink} of ink`);
    });
  }
});

test('trained on drawings of no class, a network doubts them and is never right about them', async () => {
  const scribbles = drawScribbles(engine, 40, 1);
  const network = engine.createNetwork({ hidden: 16, seed: 2, batch: 40 });
  const dataset = engine.createDataset(scribbles);
  const trainer = network.trainer(dataset, { batch: 40, epochs: 60, learningRate: 0.02 });
  trainer.slice({ batches: 60 });
  const { correct, loss } = await network.evaluate(dataset);
  assert.equal(correct, 0);
  assert.ok(loss >= Math.log(10) - 1e-6 && loss < Math.log(10) + 0.01, `the least is log 10; found ${loss}`);
  const most = Math.max(...confidences(answersTo(network, scribbles)).map(({ probability }) => probability));
  assert.ok(most < 0.2, `as sure as ${most}`);
  assert.throws(() => engine.createDataset({ images: new Uint8Array(784), labels: [-2] }), /Label 0 is -2/);
  [trainer, dataset, network].forEach((part) => part.dispose());
});
