/**
 * A process with one copy of onnxruntime, which peers.js asks by messages:
 *   node onnx-process.js onnxruntime-web|onnxruntime-node THREADS
 */

import { burst } from './measure.js';

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const [packageName, threads] = [process.argv[2], Number(process.argv[3])];
const isWeb = packageName === 'onnxruntime-web';

/** Both packages have the same functions. @type {any} */
const loaded = await import(packageName);
const ort = loaded.default?.InferenceSession ? loaded.default : loaded;
if (isWeb) ort.env.wasm.numThreads = threads;

/** @type {any} */
let session;
/** The test images by how many are read at once. @type {(count: number) => object} */
let feeds;

/**
 * [B, T, I] as [T, B, I], which is what onnxruntime's LSTM reads.
 * @param {Float32Array} images
 * @param {number} count
 */
function stepsFirst(images, count) {
  return Float32Array.from({ length: count * PIXELS }, (_, i) => {
    const step = Math.floor(i / (count * SIDE));
    const image = Math.floor(i / SIDE) % count;
    return images[image * PIXELS + step * SIDE + (i % SIDE)];
  });
}

/** @param {{model: Uint8Array, images: Float32Array}} given */
async function load({ model, images }) {
  session = await ort.InferenceSession.create(model, {
    executionProviders: [isWeb ? 'wasm' : 'cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
  });
  const made = new Map();
  feeds = (count) => {
    if (!made.has(count)) {
      const tensor = new ort.Tensor('float32', stepsFirst(images, count), [SIDE, count, SIDE]);
      made.set(count, { images: tensor });
    }
    return made.get(count);
  };
}

/** @param {any} question */
async function answer(question) {
  if (question.ask === 'load') return load(question);
  const input = feeds(question.count);
  if (question.ask === 'logits') return (await session.run(input)).logits.data.slice();
  const candidate = { name: packageName, run: () => session.run(input) };
  return burst(candidate, question.milliseconds, question.calls);
}

process.on('message', async (question) => {
  process.send?.((await answer(question)) ?? 'done');
});
process.on('disconnect', () => process.exit());
