/** The libraries that ours is compared with: TensorFlow.js and onnxruntime, for the web and native. */

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { TensorFlowNetwork, tf, useBackend } from '../support/tensorflow.js';
import { toOnnx } from './onnx.js';
import { BATCH, LARGE_BATCH, TUTORIAL } from './ours.js';

/** @typedef {import('../../web/lib/index.js').Network} Network */
/** @typedef {import('./ours.js').LabelledImages} LabelledImages */

/**
 * @typedef {object} Peer
 * @property {string} name
 * @property {number} threads
 * @property {(images: Float32Array, count: number) => Promise<Float32Array>} logits
 * @property {Partial<Record<import('./ours.js').Figure, () => unknown>>} calls
 */

const SIDE = 28;
const PIXELS = SIDE * SIDE;

/** Pixels as the networks read them. @param {Uint8Array} images */
export function toFloats(images) {
  return Float32Array.from(images, (value) => Math.fround(value * Math.fround(1 / 255)));
}

/**
 * [B, T, I] as [T, B, I], which is what both onnxruntime's LSTM reads.
 * @param {Float32Array} images
 * @param {number} count
 */
function stepsFirst(images, count) {
  return Float32Array.from(images, (_value, i) => {
    const step = Math.floor(i / (count * SIDE));
    const image = Math.floor(i / SIDE) % count;
    return images[image * PIXELS + step * SIDE + (i % SIDE)];
  });
}

/**
 * TensorFlow.js on its WebAssembly backend: one thread in Node.
 * @param {Network} network
 * @param {{train: LabelledImages, test: LabelledImages}} data
 * @returns {Promise<Peer>}
 */
export async function prepareTensorFlow(network, { train, test }) {
  await useBackend('wasm');
  const peer = new TensorFlowNetwork(network);
  const reader = new TensorFlowNetwork(network);
  const optimizer = tf.train.adam(TUTORIAL.learningRate);
  const batches = Array.from({ length: 20 }, (_, k) => {
    const images = train.images.subarray(k * BATCH * PIXELS, (k + 1) * BATCH * PIXELS);
    const labels = train.labels.subarray(k * BATCH, (k + 1) * BATCH);
    return {
      x: tf.tensor3d(toFloats(images), [BATCH, SIDE, SIDE]),
      y: tf.oneHot(tf.tensor1d(labels, 'int32'), 10),
    };
  });
  const inputs = new Map(
    [1, BATCH, LARGE_BATCH].map((count) => [
      count,
      tf.tensor3d(toFloats(test.images.subarray(0, count * PIXELS)), [count, SIDE, SIDE]),
    ]),
  );
  const variables = /** @type {any} */ (peer.variables);
  let k = 0;
  const step = () => {
    const { x, y } = batches[k++ % batches.length];
    tf.tidy(() => {
      const loss = () => /** @type {any} */ (peer.loss(x, y, TUTORIAL.loss));
      optimizer.minimize(loss, true, variables)?.dataSync();
    });
  };
  const read = (/** @type {number} */ count) => () =>
    tf.tidy(() => reader.logits(inputs.get(count)).dataSync());
  return {
    name: 'TensorFlow.js wasm',
    threads: 1,
    logits: async (images, count) =>
      tf.tidy(() => {
        const found = reader.logits(tf.tensor3d(images, [count, SIDE, SIDE])).dataSync();
        return /** @type {Float32Array} */ (found);
      }),
    calls: {
      'training step': step,
      'one image': read(1),
      'images/s at B = 50': read(BATCH),
      'images/s at B = 1000': read(LARGE_BATCH),
    },
  };
}

/**
 * A copy of onnxruntime-web with its own number of threads: they are set once for each copy.
 * @param {number} threads
 */
async function loadOnnxWeb(threads) {
  const require = createRequire(import.meta.url);
  const file = join(dirname(require.resolve('onnxruntime-web')), 'ort.node.min.mjs');
  const ort = await import(`${pathToFileURL(file)}?threads=${threads}`);
  ort.env.wasm.numThreads = threads;
  return ort;
}

/**
 * @param {string} name
 * @param {any} ort onnxruntime-web or -node: they have the same functions
 * @param {number} threads
 * @param {Network} network
 * @param {LabelledImages} test
 * @returns {Promise<Peer>}
 */
async function prepareOnnx(name, ort, threads, network, test) {
  const session = await ort.InferenceSession.create(toOnnx(network), {
    executionProviders: [name === 'onnxruntime-web' ? 'wasm' : 'cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
  });
  const input = (/** @type {Float32Array} */ images, /** @type {number} */ count) => ({
    images: new ort.Tensor('float32', stepsFirst(images, count), [SIDE, count, SIDE]),
  });
  const read = (/** @type {number} */ count) => {
    const feeds = input(toFloats(test.images.subarray(0, count * PIXELS)), count);
    return () => session.run(feeds);
  };
  return {
    name,
    threads,
    logits: async (images, count) => (await session.run(input(images, count))).logits.data,
    calls: {
      'one image': read(1),
      'images/s at B = 50': read(BATCH),
      'images/s at B = 1000': read(LARGE_BATCH),
    },
  };
}

/**
 * @param {Network} network
 * @param {{train: LabelledImages, test: LabelledImages}} data
 * @param {readonly number[]} threadCounts
 */
export async function preparePeers(network, data, threadCounts) {
  const peers = [await prepareTensorFlow(network, data)];
  const native = (await import('onnxruntime-node')).default;
  for (const threads of threadCounts) {
    peers.push(await prepareOnnx('onnxruntime-web', await loadOnnxWeb(threads), threads, network, data.test));
    peers.push(await prepareOnnx('onnxruntime native', native, threads, network, data.test));
  }
  return peers;
}

/** The versions that were compared with. @returns {Record<string, string>} */
export function peerVersions() {
  const require = createRequire(import.meta.url);
  return {
    'TensorFlow.js': tf.version['tfjs-core'],
    onnxruntime: require('onnxruntime-node/package.json').version,
  };
}
