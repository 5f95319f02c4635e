/** Real MNIST: what a broken gradient can't learn, and what the shipped networks have learned. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { answersTo, calibrationError } from '../models/calibration.js';
import { loadMnist, slice } from '../models/mnist.js';
import { dataSetOf, loadEngine, readSafetensors } from '../web/lib/index.js';
import { withoutFashion } from './support/fashion.js';

test('four hundred steps on MNIST reach 90 %', async () => {
  const mnist = await loadMnist();
  const engine = await loadEngine();
  const network = engine.createNetwork({ seed: 2 });
  const data = engine.createDataset(slice(mnist.train, 5000, 25000));
  const trainer = network.trainer(data, { learningRate: 3e-3, clipNorm: 1, epochs: 1, seed: 2 });
  while (!trainer.progress.done) trainer.slice({ batches: 100 });
  assert.equal(trainer.progress.iteration, 400);
  const { accuracy } = await network.evaluate(engine.createDataset(mnist.test));
  // It reaches 93 %; with the gradient of h cut off between the steps the same training reaches 68 %.
  assert.ok(accuracy > 0.9, `${accuracy} of the test images`);
});

const folder = new URL('../models/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.safetensors'));

test('there is a network to open the page with', () => {
  assert.ok(files.includes('small.safetensors'), `models/ has ${files}`);
});

/** What the page and README promise. @type {Record<string, number>} */
const LEAST_ACCURACY = {
  'best.safetensors': 0.995,
  'small.safetensors': 0.99,
  'fashion.safetensors': 0.91,
};

for (const file of files) {
  const bytes = new Uint8Array(readFileSync(new URL(file, folder)));
  const dataSet = dataSetOf(readSafetensors(bytes).metadata);
  const skip = dataSet === 'fashion-mnist' && withoutFashion();
  test(`${file} has the accuracy that it states, on all test images`, { skip }, async () => {
    const engine = await loadEngine();
    const network = engine.openNetwork(bytes, { batch: 50 });
    const images = (await loadMnist(undefined, dataSet)).test;
    const { accuracy } = await network.evaluate(engine.createDataset(images));
    const { metadata } = network;
    assert.equal(String(accuracy), metadata.test_accuracy);
    assert.ok(accuracy >= (LEAST_ACCURACY[file] ?? 0), `${accuracy}`);
    const error = calibrationError(answersTo(network, images));
    assert.equal(error.toFixed(5), metadata.calibration_error);
    if (metadata.temperature === undefined) return;
    assert.ok(error < 0.01, `calibrated, and yet ${error} off`);
    assert.ok(Number(metadata.sure_above) >= 0.5 && Number(metadata.sure_above) <= 0.95);
  });
}
