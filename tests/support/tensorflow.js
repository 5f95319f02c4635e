/** The tutorial's network in TensorFlow.js: somebody else's forward pass, gradients and Adam. */

import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';

export { tf };

/** Its WebAssembly backend on one thread, or its plain 'cpu' backend. @param {'wasm' | 'cpu'} backend */
export async function useBackend(backend) {
  const require = createRequire(import.meta.url);
  setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js has no backend ${backend} here`);
}

/**
 * PyTorch's [4 H, n] (gates i, f, g, o) as TensorFlow's [n][4 H] (i, j, f, o).
 * @param {ArrayLike<number>} data
 * @param {number} hidden
 */
function toKernelRows(data, hidden) {
  const n = data.length / (4 * hidden);
  return Array.from({ length: n }, (_r, row) =>
    [0, 2, 1, 3].flatMap((gate) =>
      Array.from({ length: hidden }, (_u, u) => data[(gate * hidden + u) * n + row]),
    ),
  );
}

/** The reverse. @param {ArrayLike<number>} kernel rows x 4 H @param {number} hidden @param {number} n rows */
function fromKernelRows(kernel, hidden, n) {
  const data = new Float32Array(4 * hidden * n);
  for (const [place, gate] of [0, 2, 1, 3].entries()) {
    for (let u = 0; u < hidden; u++) {
      for (let row = 0; row < n; row++) {
        data[(gate * hidden + u) * n + row] = kernel[row * 4 * hidden + place * hidden + u];
      }
    }
  }
  return data;
}

/** The same weights as TensorFlow's variables. */
export class TensorFlowNetwork {
  /** @param {import('../../web/lib/index.js').Network} network one layer */
  constructor(network) {
    const { inputs, hidden, steps, forgetBias } = network.config;
    const tensors = network.tensors();
    const data = (/** @type {string} */ name) => /** @type {any} */ (tensors.get(name)).data;
    const ih = toKernelRows(data('lstm.weight_ih_l0'), hidden);
    const hh = toKernelRows(data('lstm.weight_hh_l0'), hidden);
    const weight = tf.tensor2d(data('output.weight'), [network.config.classes, hidden]);
    this.inputs = inputs;
    this.hidden = hidden;
    this.steps = steps;
    this.forgetBias = tf.scalar(forgetBias);
    this.kernel = tf.variable(tf.tensor2d([...ih, ...hh]));
    this.bias = tf.variable(tf.tensor1d(toKernelRows(data('lstm.bias_ih_l0'), hidden)[0]));
    this.outputWeight = tf.variable(weight.transpose());
    this.outputBias = tf.variable(tf.tensor1d(data('output.bias')));
  }

  get variables() {
    return [this.kernel, this.bias, this.outputWeight, this.outputBias];
  }

  /** @param {any} images [B, T, I] */
  states(images) {
    const batch = images.shape[0];
    let c = tf.zeros([batch, this.hidden]);
    let h = tf.zeros([batch, this.hidden]);
    const all = [];
    for (const x of tf.unstack(images, 1)) {
      [c, h] = tf.basicLSTMCell(
        /** @type {any} */ (this.forgetBias),
        /** @type {any} */ (this.kernel),
        /** @type {any} */ (this.bias),
        /** @type {any} */ (x),
        /** @type {any} */ (c),
        /** @type {any} */ (h),
      );
      all.push(h);
    }
    return { all: tf.stack(all, 1), c, h };
  }

  /** @param {any} images */
  logits(images) {
    const { h } = this.states(images);
    return tf.add(tf.matMul(h, /** @type {any} */ (this.outputWeight)), this.outputBias);
  }

  /** The mean loss. @param {any} images @param {any} labels one-hot @param {string} kind */
  loss(images, labels, kind) {
    const logits = this.logits(images);
    const scores = kind === 'double-softmax' ? tf.softmax(logits) : logits;
    return tf.losses.softmaxCrossEntropy(labels, scores);
  }

  /** Gradients by the names and in the layout of ours. @param {any} images @param {any} labels @param {string} kind */
  gradients(images, labels, kind) {
    const loss = () => /** @type {any} */ (this.loss(images, labels, kind));
    const { value, grads } = tf.variableGrads(loss, /** @type {any} */ (this.variables));
    const of = (/** @type {any} */ variable) => grads[variable.name].dataSync();
    const kernel = of(this.kernel);
    const { hidden, inputs } = this;
    const output = /** @type {any} */ (grads[this.outputWeight.name]).transpose().dataSync();
    const tensors = new Map([
      ['lstm.weight_ih_l0', fromKernelRows(kernel, hidden, inputs)],
      ['lstm.weight_hh_l0', fromKernelRows(kernel.subarray(inputs * 4 * hidden), hidden, hidden)],
      ['lstm.bias_ih_l0', fromKernelRows(of(this.bias), hidden, 1)],
      ['output.weight', output],
      ['output.bias', of(this.outputBias)],
    ]);
    return { loss: value.dataSync()[0], tensors };
  }
}
