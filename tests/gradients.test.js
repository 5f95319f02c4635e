/** Every gradient against central differences of a double-precision forward pass. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadEngine, LOSSES, supportedVariants } from '../web/lib/index.js';
import { randomFloats, randomLabels } from './support/random.js';
import { centralDifferences, forward, meanLoss } from './support/reference.js';

/** Shapes that are multiples of nothing, and one that needs several shards. */
const SHAPES = [
  { inputs: 3, steps: 4, hidden: 5, layers: 1, classes: 3, batch: 2, forgetBias: 1 },
  { inputs: 1, steps: 1, hidden: 1, layers: 1, classes: 2, batch: 1, forgetBias: 0 },
  { inputs: 5, steps: 3, hidden: 7, layers: 2, classes: 9, batch: 6, forgetBias: 0.5 },
  { inputs: 4, steps: 3, hidden: 4, layers: 3, classes: 8, batch: 27, forgetBias: 1 },
];

/** @param {Record<string, number>} shape @param {Float32Array} values @returns {number[][][]} */
function nested({ batch, steps, inputs }, values) {
  return Array.from({ length: batch }, (_b, b) =>
    Array.from({ length: steps }, (_t, t) => {
      const at = (b * steps + t) * inputs;
      return Array.from(values.subarray(at, at + inputs));
    }),
  );
}

for (const variant of await supportedVariants()) {
  for (const shape of SHAPES) {
    for (const loss of LOSSES) {
      const { layers, classes, batch } = shape;
      test(`${variant}, ${loss}: gradients of ${JSON.stringify(shape)}`, async () => {
        const engine = await loadEngine({ variant });
        const network = engine.createNetwork({ ...shape, seed: 7 });
        const images = randomFloats(1, batch * shape.steps * shape.inputs);
        const labels = randomLabels(2, batch, classes);
        const { loss: found, tensors } = network.gradients(images, labels, { loss });

        const doubles = new Map(
          [...network.tensors()].map(([name, { shape: size, data }]) => [
            name,
            { shape: size, data: Float64Array.from(data) },
          ]),
        );
        const x = nested(shape, images);
        const evaluate = () => meanLoss(doubles, x, [...labels], loss, layers);
        assert.ok(Math.abs(found - evaluate()) < 2e-6, `loss ${found}, expected ${evaluate()}`);
        for (const [name, { data }] of tensors) {
          const expected = centralDifferences(evaluate, /** @type {any} */ (doubles.get(name)).data);
          const greatest = Math.max(...expected.map(Math.abs));
          const isZero = shape.steps === 1 && name.includes('weight_hh'); // nothing comes back
          assert.equal(greatest > 1e-7, !isZero, `${name}: the greatest gradient is ${greatest}`);
          // float32 sums over batch and steps; the differences' own error is about 1e-10.
          const tolerance = 3e-5 * greatest + 1e-9;
          for (const [i, value] of data.entries()) {
            const error = Math.abs(value - expected[i]);
            assert.ok(error < tolerance, `${name}[${i}]: ${value}, expected ${expected[i]}`);
          }
        }
        network.dispose();
      });
    }
  }
}

test('all hidden states and the final state are those of a double-precision pass', async () => {
  const shape = { inputs: 6, steps: 5, hidden: 10, layers: 2, classes: 4, batch: 3, forgetBias: 1 };
  const engine = await loadEngine();
  const network = engine.createNetwork({ ...shape, seed: 3 });
  const images = randomFloats(5, 3 * 5 * 6);
  const { hidden, finalHidden, finalCell, logits } = network.forward(images, 3);
  const tensors = network.tensors();
  for (const [b, rows] of nested(shape, images).entries()) {
    const expected = forward(tensors, rows, 2);
    const close = (/** @type {number} */ a, /** @type {number} */ e, /** @type {string} */ what) =>
      assert.ok(Math.abs(a - e) < 3e-6, `${what} of image ${b}: ${a}, expected ${e}`);
    expected.hidden.forEach((h, t) =>
      h.forEach((value, u) => close(hidden[(b * 5 + t) * 10 + u], value, `h[${t}][${u}]`)),
    );
    const top = (3 + b) * 10; // layer 1 of 2
    expected.cell.forEach((value, u) => close(finalCell[top + u], value, `final c[${u}]`));
    expected.hidden[4].forEach((value, u) => close(finalHidden[top + u], value, `final h[${u}]`));
    expected.logits.forEach((value, k) => close(logits[b * 4 + k], value, `logit ${k}`));
  }
});
