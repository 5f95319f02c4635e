/** Seeded numbers for tests, and a hash. */

import { labelSum } from '../../web/lib/data-sets.js';
import { randomNumbers } from '../../web/random-numbers.js';

/** `length` floats in [-1, 1). @param {number} seed @param {number} length */
export function randomFloats(seed, length) {
  const next = randomNumbers(seed);
  return Float32Array.from({ length }, () => 2 * next() - 1);
}

/** `length` labels below `classes`. @param {number} seed @param {number} length @param {number} classes */
export function randomLabels(seed, length, classes) {
  const next = randomNumbers(seed);
  return Uint8Array.from({ length }, () => Math.floor(next() * classes));
}

/** Two arrays with the same hash are taken for equal bit for bit. @param {ArrayBufferView} view */
export function hash(view) {
  return labelSum(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
}

/**
 * Gives a network other weights; random biases too.
 * @param {import('../../web/lib/index.js').Network} network
 * @param {number} seed
 */
export function newWeights(network, seed) {
  const tensors = network.tensors();
  for (const { data } of tensors.values()) data.set(randomFloats(seed++, data.length));
  network.setTensors(tensors);
}
