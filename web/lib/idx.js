/**
 * The IDX format of MNIST's files (yann.lecun.com/exdb/mnist, "the IDX file format"): two zero bytes, a
 * type, the number of dimensions, their sizes as big-endian 32-bit integers, the values. Plain or
 * gzip.
 */

import { FileError } from './errors.js';

const UNSIGNED_BYTE = 8;
const MAX_BYTES = 2 ** 30; // of an unzipped file; all of MNIST's images are 47 MB

/**
 * @typedef {object} DataFile
 * @property {'images' | 'labels'} kind
 * @property {number[]} sizes
 * @property {Uint8Array} values
 */

/**
 * @typedef {object} LabelledImages
 * @property {Uint8Array} images count x rows x columns, 0 (paper) to 255
 * @property {Uint8Array} labels
 * @property {number} count
 * @property {number} rows
 * @property {number} columns
 */

/**
 * Unzips what is gzip and returns anything else as it is.
 * @param {Uint8Array} bytes
 * @param {string} name for messages
 */
export async function gunzip(bytes, name) {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([/** @type {BlobPart} */ (bytes)]).stream();
  const reader = stream.pipeThrough(new DecompressionStream('gzip')).getReader();
  /** @type {Uint8Array[]} */
  const parts = [];
  let length = 0;
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      parts.push(part.value);
      length += part.value.length;
      if (length > MAX_BYTES) throw tooLarge(name, length);
    }
  } catch (error) {
    reader.cancel().catch(() => {});
    if (error instanceof FileError) throw error;
    throw new FileError(
      'bad-gzip',
      `${name} is a damaged gzip file: it could not be unzipped to its end. Get the file again.`,
      { name },
    );
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @param {string} name @param {number} found */
function tooLarge(name, found) {
  return new FileError('too-large', `${name} is too large: over ${MAX_BYTES} bytes of data.`, {
    name,
    expected: MAX_BYTES,
    found,
  });
}

/**
 * Reads one IDX file, unzipped: images (three dimensions) or labels (one), of unsigned bytes.
 * @param {Uint8Array} bytes
 * @param {string} [name] for messages
 * @returns {DataFile}
 */
export function parseIdx(bytes, name = 'the file') {
  const dimensions = bytes[3];
  if (bytes.length < 8 || bytes[0] !== 0 || bytes[1] !== 0 || bytes[2] !== UNSIGNED_BYTE) {
    const start = [...bytes.subarray(0, 4)].join(' ');
    throw new FileError(
      'not-idx',
      `${name} isn't an IDX file of bytes: it starts with ${start || 'nothing'}; expected 0 0 8 and 1 (labels) or 3 (images).`,
      { name, found: start },
    );
  }
  if (dimensions !== 1 && dimensions !== 3) {
    throw new FileError(
      'wrong-idx-kind',
      `${name} has ${dimensions} dimensions; expected 1 (labels) or 3 (images).`,
      { name, found: dimensions, expected: '1, 3' },
    );
  }
  const start = 4 + 4 * dimensions;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sizes = [];
  for (let i = 0; i < dimensions && 8 + 4 * i <= bytes.length; i++) sizes.push(view.getUint32(4 + 4 * i));
  const length = sizes.reduce((product, size) => product * size, 1);
  if (length > MAX_BYTES) throw tooLarge(name, length);
  if (sizes.length !== dimensions || bytes.length !== start + length) {
    throw new FileError(
      'truncated-idx',
      `${name} has ${bytes.length} bytes; its header announces ${start + length} (${sizes.join(' x ')}).`,
      { name, found: bytes.length, expected: start + length },
    );
  }
  if (length === 0) {
    throw new FileError('truncated-idx', `${name} holds nothing (${sizes.join(' x ')}).`, {
      name,
      found: bytes.length,
      expected: start + 1,
    });
  }
  return { kind: dimensions === 1 ? 'labels' : 'images', sizes, values: bytes.subarray(start) };
}

/**
 * @param {Uint8Array} bytes plain or gzip
 * @param {string} [name]
 */
export async function readIdx(bytes, name = 'the file') {
  return parseIdx(await gunzip(bytes, name), name);
}

/**
 * Images and their labels from two IDX files, checked against each other.
 * @param {{bytes: Uint8Array, name?: string}} images
 * @param {{bytes: Uint8Array, name?: string}} labels
 * @param {{classes?: number}} [options]
 * @returns {Promise<LabelledImages>}
 */
export async function readLabelledImages(images, labels, options) {
  const { name: imagesName = 'the images', bytes: imagesBytes } = images;
  const { name: labelsName = 'the labels', bytes: labelsBytes } = labels;
  const first = await readIdx(imagesBytes, imagesName);
  const second = await readIdx(labelsBytes, labelsName);
  return joinIdx({ ...first, name: imagesName }, { ...second, name: labelsName }, options);
}

/**
 * @param {DataFile & {name: string}} images
 * @param {DataFile & {name: string}} labels
 * @param {{classes?: number}} [options]
 * @returns {LabelledImages}
 */
export function joinIdx(images, labels, { classes = 10 } = {}) {
  for (const [file, kind] of /** @type {const} */ ([
    [images, 'images'],
    [labels, 'labels'],
  ])) {
    if (file.kind !== kind) {
      throw new FileError('wrong-idx-kind', `${file.name} holds ${file.kind}; expected ${kind}.`, {
        name: file.name,
        found: file.kind,
        expected: kind,
      });
    }
  }
  const [count, rows, columns] = images.sizes;
  if (labels.sizes[0] !== count) {
    throw new FileError(
      'idx-mismatch',
      `${images.name} has ${count} images but ${labels.name} has ${labels.sizes[0]} labels.`,
      { name: images.name, labels: labels.name, found: labels.sizes[0], expected: count },
    );
  }
  const position = labels.values.findIndex((label) => label >= classes);
  if (position >= 0) {
    const found = labels.values[position];
    throw new FileError(
      'bad-label',
      `${labels.name}: label ${position} is ${found}; expected 0 to ${classes - 1}.`,
      { name: labels.name, position, found, expected: `0-${classes - 1}` },
    );
  }
  return { images: images.values, labels: labels.values, count, rows, columns };
}
