/**
 * Blank first steps are made once for all rows of a batch in training: the gradients must be those of making them
 * all. They are known ahead where only the answer counts: the bits must be those of making them.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadEngine, supportedVariants } from '../web/lib/index.js';
import { newWeights, randomFloats, randomLabels } from './support/random.js';

const [BATCH, STEPS, INPUTS, CLASSES] = [60, 9, 10, 4]; // three shards
const CELLS = ['lstm', 'lstm-peephole', 'gru', 'rnn', 'feedforward'];

/** Pictures whose first `blank` steps hold `nothing`. @param {number} blank @param {number} nothing */
const pictures = (blank, nothing) => beginning(() => blank, nothing);

/** Pictures of which the i-th starts with begin(i) steps of `nothing`. @param {(i: number) => number} begin @param {number} nothing */
function beginning(begin, nothing) {
  const images = randomFloats(3, BATCH * STEPS * INPUTS);
  return images.map((x, i) => {
    const [picture, step] = [Math.floor(i / STEPS / INPUTS), Math.floor(i / INPUTS) % STEPS];
    return step < begin(picture) ? nothing : x;
  });
}

/**
 * Weights after a step of training, by about as much as the gradient where that is small.
 * @param {import('../web/lib/index.js').Engine} engine
 * @param {Record<string, any>} config
 * @param {Float32Array} images
 * @param {number} dropout
 */
function trained(engine, config, images, dropout) {
  const sizes = { inputs: INPUTS, steps: STEPS, classes: CLASSES, batch: BATCH, hidden: 12, seed: 5 };
  const network = engine.createNetwork({ ...sizes, ...config });
  newWeights(network, 30);
  const dataset = engine.createDataset({
    images,
    labels: randomLabels(4, BATCH, CLASSES),
    rows: STEPS,
    columns: INPUTS,
    classes: CLASSES,
  });
  const trainer = network.trainer(dataset, {
    ...{ batch: BATCH, learningRate: 1, epsilon: 1, seed: 7, dropout, outputDropout: dropout },
  });
  trainer.slice({ batches: 1 });
  const weights = [...network.tensors()].flatMap(([, { data }]) => [...data]);
  [trainer, network, dataset].forEach((part) => part.dispose());
  return weights;
}

/** How the pictures of a batch may begin. @type {Record<string, (i: number) => number>} */
const BEGIN = {
  alike: () => 4,
  blank: () => STEPS,
  'in any way': (i) => (i * i * 7) % (STEPS + 1),
  'one early': (i) => (i === 17 ? 0 : 6),
  'one late': (i) => (i === 17 ? 8 : 1),
};

for (const variant of ['scalar', 'simd']) {
  for (const cell of CELLS) {
    test(`${variant}, ${cell}: blank first steps, shared, train as when each row makes its own`, async () => {
      const engine = await loadEngine({ variant, threads: 1 });
      let different = 0;
      for (const [layers, dropout] of [
        [1, 0],
        [2, 0],
        [2, 0.3],
      ]) {
        for (const [name, begin] of Object.entries(BEGIN)) {
          // -0 is no blank to the engine, yet adds nothing: the same sums in another order.
          const shared = trained(engine, { cell, layers }, beginning(begin, 0), dropout);
          const apart = trained(engine, { cell, layers }, beginning(begin, -0), dropout);
          const worst = Math.max(...shared.map((value, i) => Math.abs(value - apart[i])));
          assert.ok(worst < 2e-6, `${layers} layers, dropout ${dropout}, ${name}: off by ${worst}`);
          different += Number(worst > 0);
        }
      }
      if (cell !== 'feedforward') assert.ok(different > 0, 'nothing was shared');
      engine.dispose();
    });
  }
}

/** What may happen between two pictures. @type {Record<string, (network: any, engine: any) => void>} */
const BETWEEN = {
  nothing: () => {},
  'a batch': (network) => network.forward(randomFloats(1, 5 * STEPS * INPUTS)),
  gradients: (network) => network.gradients(randomFloats(2, STEPS * INPUTS), [1]),
  'gradients on their way': (network) => network.gradientFlow(pictures(3, 0).slice(0, STEPS * INPUTS), [1]),
  'new weights': (network) => newWeights(network, 20 + network.predict(new Uint8Array(STEPS * INPUTS)).label),
  training: (network, engine) => {
    const [rows, columns, classes] = [STEPS, INPUTS, CLASSES];
    const images = pictures(3, 0).slice(0, STEPS * INPUTS);
    const data = engine.createDataset({ images, labels: [2], rows, columns, classes });
    const trainer = network.trainer(data, { batch: 1, learningRate: 0.01, averaging: 0.5, epochs: 9 });
    trainer.slice({ batches: 4 });
    trainer.dispose();
    data.dispose();
  },
};

for (const variant of ['scalar', 'simd', 'relaxed']) {
  for (const cell of CELLS) {
    test(`${variant}, ${cell}: answers that know the blank first steps are those of reading every step`, async (context) => {
      if (!(await supportedVariants()).includes(variant)) {
        context.skip(`${variant} does not run here`);
        return;
      }
      const engine = await loadEngine({ variant, threads: 1 });
      const sizes = { inputs: INPUTS, steps: STEPS, classes: CLASSES, hidden: 12, layers: 2 };
      const network = engine.createNetwork({ ...sizes, cell, batch: 5, seed: 6 });
      newWeights(network, 10);
      for (const [name, happen] of Object.entries(BETWEEN)) {
        let previous = '';
        for (const [i, blank] of [4, 4, 2, 7, STEPS, STEPS, 0, 3].entries()) {
          happen(network, engine);
          const size = STEPS * INPUTS;
          const image = pictures(blank, 0).slice(i * size, (i + 1) * size);
          const found = network.predict(image);
          const fresh = engine.openNetwork(network.toSafetensors());
          const { logits, probabilities } = fresh.forward(image); // all states are wanted, so all steps are made
          fresh.dispose();
          assert.deepEqual([...found.logits], [...logits], `${name}, picture ${i}, ${blank} blank`);
          assert.deepEqual([...found.probabilities], [...probabilities]);
          const text = JSON.stringify(found.logits);
          if (blank < STEPS) assert.notEqual(text, previous);
          previous = text;
        }
      }
      network.dispose();
      engine.dispose();
    });
  }
}

/** How each picture of a batch begins: any number of blank steps, in any order; more than are ever known ahead. */
const BEGINNINGS = [0, 5, 2, 38, 33, 40, 7, 5, 32, 1];

for (const variant of ['scalar', 'simd', 'relaxed']) {
  for (const cell of CELLS.filter((name) => name !== 'feedforward')) {
    test(`${variant}, ${cell}: pictures that begin late, in a batch, are read as one by one`, async (context) => {
      if (!(await supportedVariants()).includes(variant)) {
        context.skip(`${variant} does not run here`);
        return;
      }
      const engine = await loadEngine({ variant, threads: 1 });
      const [steps, count] = [40, 53];
      const network = engine.createNetwork({
        ...{ cell, inputs: INPUTS, steps, classes: CLASSES, hidden: 12, layers: 2, batch: count, seed: 6 },
      });
      newWeights(network, 10);
      const begin = (/** @type {number} */ i) => BEGINNINGS[(7 * i) % BEGINNINGS.length];
      const images = randomFloats(3, count * steps * INPUTS).map((x, i) => {
        const [picture, step] = [Math.floor(i / steps / INPUTS), Math.floor(i / INPUTS) % steps];
        return step < begin(picture) ? 0 : x;
      });
      const labels = randomLabels(4, count, CLASSES);
      const shape = { rows: steps, columns: INPUTS, classes: CLASSES };
      const dataset = engine.createDataset({ images, labels, ...shape });
      const all = network.forward(images); // reads every step
      const size = steps * INPUTS;
      const chosen = Array.from({ length: count }, (_, i) => {
        const { label, logits } = network.predict(images.slice(i * size, (i + 1) * size));
        assert.deepEqual(
          [...logits],
          [...all.logits.subarray(i * CLASSES, (i + 1) * CLASSES)],
          `picture ${i}`,
        );
        return label;
      });
      assert.notDeepEqual(all.logits.subarray(0, CLASSES), all.logits.subarray(CLASSES, 2 * CLASSES));
      const { predictions, loss } = await network.evaluate(dataset);
      assert.deepEqual([...predictions], chosen);
      assert.equal(loss, network.gradients(images, labels).loss);
      [dataset, network, engine].forEach((part) => part.dispose());
    });
  }
}

test('an answer between two slices of training, from averaged weights, changes nothing in training', async () => {
  const engine = await loadEngine({ variant: 'simd', threads: 1 });
  const [rows, columns, classes] = [STEPS, INPUTS, CLASSES];
  const images = pictures(3, 0);
  const [one, two] = [false, true].map((answering) => {
    const network = engine.createNetwork({
      inputs: INPUTS,
      steps: STEPS,
      classes,
      hidden: 12,
      batch: 1,
      seed: 6,
    });
    newWeights(network, 10);
    const data = engine.createDataset({
      images,
      labels: randomLabels(4, BATCH, CLASSES),
      rows,
      columns,
      classes,
    });
    const trainer = network.trainer(data, { batch: 1, learningRate: 0.05, averaging: 0.9 });
    for (let i = 0; i < 5; i++) {
      trainer.slice({ batches: 3 });
      if (answering) network.predict(images.slice(0, STEPS * INPUTS));
    }
    return [...network.tensors()].flatMap(([, { data: values }]) => [...values]);
  });
  assert.deepEqual(two, one);
  engine.dispose();
});
