/** The libraries that ours is compared with: TensorFlow.js and onnxruntime, for the web and native. */

import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { TensorFlowNetwork, tf, useBackend } from '../support/tensorflow.js';
import { toOnnx } from '../support/onnx.js';
import { BATCH, LARGE_BATCH, TUTORIAL } from './ours.js';

/** @typedef {import('../../web/lib/index.js').Network} Network */
/** @typedef {import('./ours.js').LabelledImages} LabelledImages */

/**
 * @typedef {object} Peer
 * @property {string} name
 * @property {number} threads
 * @property {(count: number) => Promise<Float32Array>} logits of the first test images: 1, 50 or 1000
 * @property {Partial<Record<import('./ours.js').Figure, Omit<import('./measure.js').Candidate, 'name'>>>} calls
 */

const SIDE = 28;
const PIXELS = SIDE * SIDE;

/** Pixels as the networks read them. @param {Uint8Array} images */
export function toFloats(images) {
  return Float32Array.from(images, (value) => Math.fround(value * Math.fround(1 / 255)));
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
  const logits = (/** @type {number} */ count) =>
    /** @type {Float32Array} */ (tf.tidy(() => reader.logits(inputs.get(count)).dataSync()));
  const read = (/** @type {number} */ count) => ({ run: () => logits(count) });
  return {
    name: 'TensorFlow.js wasm',
    threads: 1,
    logits: async (count) => logits(count),
    calls: {
      'training step': { run: step },
      'one image': read(1),
      'images/s at B = 50': read(BATCH),
      'images/s at B = 1000': read(LARGE_BATCH),
    },
  };
}

/**
 * onnxruntime in a process of its own: two copies do not agree in one.
 * @param {'onnxruntime-web' | 'onnxruntime-node'} packageName
 * @param {number} threads
 * @param {Network} network
 * @param {LabelledImages} test
 * @returns {Promise<Peer>}
 */
async function prepareOnnx(packageName, threads, network, test) {
  const child = fork(
    fileURLToPath(new URL('onnx-process.js', import.meta.url)),
    [packageName, String(threads)],
    {
      serialization: 'advanced',
    },
  );
  const ask = (/** @type {object} */ question) =>
    new Promise((resolve, reject) => {
      const lost = () => reject(new Error(`${packageName} ended`));
      child.once('exit', lost);
      child.once('message', (answer) => {
        child.off('exit', lost);
        resolve(/** @type {any} */ (answer));
      });
      child.send(question);
    });
  const images = toFloats(test.images.subarray(0, LARGE_BATCH * PIXELS));
  await ask({ ask: 'load', model: toOnnx(network), images });
  const timed = (/** @type {number} */ count) => ({
    burst: (/** @type {number} */ milliseconds, /** @type {number} */ calls) =>
      ask({ ask: 'burst', count, milliseconds, calls }),
  });
  return {
    name: packageName === 'onnxruntime-node' ? 'onnxruntime native' : packageName,
    threads,
    logits: (count) => ask({ ask: 'logits', count }),
    calls: {
      'one image': timed(1),
      'images/s at B = 50': timed(BATCH),
      'images/s at B = 1000': timed(LARGE_BATCH),
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
  for (const threads of threadCounts) {
    peers.push(await prepareOnnx('onnxruntime-web', threads, network, data.test));
    peers.push(await prepareOnnx('onnxruntime-node', threads, network, data.test));
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
