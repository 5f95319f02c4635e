/**
 * Reads with 8-bit weights, then trains for 200 steps and hashes all weights: what must be equal everywhere. Self-contained, so that a
 * browser can run its source.
 * @param {typeof import('../../web/lib/index.js')} lib
 * @param {{variant: string, threads: number}} options
 */
export async function trainingHash(lib, options) {
  const engine = await lib.loadEngine(options);
  const network = engine.createNetwork({ hidden: 37, inputs: 9, steps: 6, classes: 5, batch: 101, seed: 3 });
  const images = Float32Array.from({ length: 500 * 54 }, (_, i) => ((i * 7919) % 1009) / 1009 - 0.5);
  const labels = Uint8Array.from({ length: 500 }, (_, i) => ((i * 31) % 101) % 5);
  const dataset = engine.createDataset({ images, labels, steps: 6, inputs: 9, classes: 5 });
  network.quantise();
  const rough = [...network.predict(images.subarray(0, 54)).logits];
  const settings = { batch: 101, epochs: 40, learningRate: 0.01, clipNorm: 1, schedule: 'cosine' };
  const trainer = network.trainer(dataset, settings);
  while (!trainer.progress.done) trainer.slice({ batches: 5 });
  let hash = 0x811c9dc5;
  for (const { data } of network.tensors().values()) {
    for (const byte of new Uint8Array(data.buffer)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  const { iteration, loss } = trainer.progress;
  const { variant, threads } = engine;
  trainer.dispose();
  dataset.dispose();
  network.dispose();
  engine.dispose();
  return { hash, rough, iteration, loss, variant, threads };
}
