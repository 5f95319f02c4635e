/** Memory: announced, bounded, and steady. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadEngine } from '../web/lib/index.js';

const MIB = 2 ** 20;

for (const threads of [1, 2]) {
  test(`${threads} threads: training on all 60,000 images stays under 120 MB of WebAssembly memory`, async () => {
    const engine = await loadEngine({ variant: 'simd', threads });
    const network = engine.createNetwork({ batch: 50 });
    const dataset = (/** @type {number} */ count) =>
      engine.createDataset({ images: new Uint8Array(count * 784).fill(7), labels: new Uint8Array(count) });
    const [train, tests] = [dataset(60000), dataset(10000)];
    const trainer = network.trainer(train, { batch: 50 });
    trainer.slice({ batches: 3 });
    await network.evaluate(tests);
    assert.ok(engine.memoryBytes < 120e6, `${(engine.memoryBytes / MIB).toFixed(1)} MiB`);
    engine.dispose();
  });
}

test('nothing grows over 10,000 steps, epochs, evaluations and predictions included', async () => {
  const engine = await loadEngine();
  const network = engine.createNetwork({ inputs: 4, steps: 3, hidden: 8, classes: 3, batch: 10 });
  const images = new Float32Array(1000 * 12).fill(0.5);
  const shape = { steps: 3, inputs: 4, classes: 3 };
  const dataset = engine.createDataset({ images, labels: new Uint8Array(1000), ...shape });
  const trainer = network.trainer(dataset, { batch: 10, epochs: 200 });
  const work = async (/** @type {number} */ epochs) => {
    for (let epoch = 0; epoch < epochs; epoch++) {
      trainer.slice({ batches: 100 });
      await network.evaluate(dataset);
      network.predict(images.subarray(0, 12));
      network.forward(images.subarray(0, 120));
      network.gradients(images.subarray(0, 120), new Uint8Array(10));
      network.setTensors(network.tensors());
      engine.openNetwork(network.toSafetensors()).dispose();
    }
  };
  await work(3);
  const { memoryBytes } = engine;
  await work(100);
  assert.equal(trainer.progress.iteration, 10300);
  assert.equal(engine.memoryBytes, memoryBytes);
  engine.dispose();
});

test('the workspace is what was announced, whatever the shape', async () => {
  const engine = await loadEngine();
  for (const config of [
    { hidden: 1, inputs: 1, steps: 1, classes: 1, batch: 1 },
    { hidden: 512, batch: 256 },
    { hidden: 1024, batch: 4, layers: 2 },
  ]) {
    const before = engine.memoryBytes;
    const network = engine.createNetwork(config);
    const grown = engine.memoryBytes - before;
    // Memory grows in steps of at least a fifth, and what was free before is used first.
    const most = network.workspaceBytes + 0.25 * engine.memoryBytes + MIB;
    assert.ok(grown <= most, `${grown} bytes for ${network.workspaceBytes}`);
    network.dispose();
  }
});
