/** Sequences and their labels in the module's memory. */

import { ConfigError, FileError, MemoryError } from './errors.js';
import { STATUS } from './module.js';
import { checkSettings, NETWORK_FIELDS } from './settings.js';

/**
 * The label of a sequence that is of no class: a network is trained to answer it with all classes alike, and no
 * answer is right.
 */
export const NO_CLASS = -1;

/**
 * @typedef {object} DatasetSource
 * @property {Uint8Array | Float32Array} images count x steps x inputs, row by row: bytes (0..255 stand
 *   for 0..1) or floats
 * @property {ArrayLike<number>} labels one a sequence, 0 to classes - 1, or NO_CLASS
 * @property {number} [steps] default: rows, or 28
 * @property {number} [inputs] default: columns, or 28
 * @property {number} [rows] of an image, as readLabelledImages gives them
 * @property {number} [columns]
 * @property {number} [count] not needed: images.length tells
 * @property {number} [classes] default 10
 */

/**
 * Other arrays would be taken for bytes.
 * @param {unknown} values
 */
export function checkValues(values) {
  const types = [Uint8Array, Uint8ClampedArray, Float32Array];
  if (types.some((type) => values instanceof type)) return;
  const found = /** @type {object | undefined} */ (values)?.constructor?.name ?? values;
  throw new ConfigError('images', found, 'a Uint8Array (0 to 255) or a Float32Array');
}

export class Dataset {
  #module;
  #handle;

  /**
   * @param {import('./module.js').WasmModule} module
   * @param {DatasetSource} source
   */
  constructor(module, { images, labels, rows, columns, count: _count, ...shape }) {
    checkValues(images);
    const { steps, inputs, classes } = NETWORK_FIELDS;
    const sizes = { steps: rows, inputs: columns, ...shape };
    const checked = checkSettings({ steps, inputs, classes }, sizes);
    const count = images.length / (checked.steps * checked.inputs);
    if (!Number.isInteger(count) || count < 1) {
      throw new ConfigError(
        'images',
        `${images.length} values`,
        `one or more sequences of ${checked.steps} x ${checked.inputs} values`,
      );
    }
    if (labels?.length !== count) {
      throw new ConfigError('labels', `${labels?.length} labels`, `${count}, one a sequence`);
    }
    if (!Array.prototype.every.call(labels, Number.isInteger)) {
      throw new ConfigError('labels', 'others', 'whole numbers');
    }
    const isFloat = images instanceof Float32Array;
    this.#module = module;
    this.count = count;
    this.steps = checked.steps;
    this.inputs = checked.inputs;
    this.classes = checked.classes;
    this.#handle = module.create(
      'lstm_dataset_create',
      () => new MemoryError(`${count} sequences`, images.byteLength),
      count,
      checked.steps,
      checked.inputs,
      isFloat ? 1 : 0,
    );
    this.#fill(images, labels, isFloat);
  }

  /**
   * @param {Uint8Array | Float32Array} images
   * @param {ArrayLike<number>} labels
   * @param {boolean} isFloat
   */
  #fill(images, labels, isFloat) {
    const values = this.#module.call('lstm_dataset_values', this.#handle);
    if (isFloat) this.#module.floats(values, images.length).set(images);
    else this.#module.bytes(values, images.length).set(images);
    const integers = this.#module.integers(
      this.#module.call('lstm_dataset_labels', this.#handle),
      this.count,
    );
    integers.set(labels);
    const { status, position } = this.#module.withMemory((allocate) => {
      const place = allocate(4);
      return {
        status: this.#module.call('lstm_dataset_check', this.#handle, this.classes, place),
        position: this.#module.integers(place, 1)[0],
      };
    });
    if (status === STATUS.OK) return;
    this.dispose();
    if (status === STATUS.BAD_LABEL) {
      const expected = `0 to ${this.classes - 1}`;
      const found = labels[position];
      throw new FileError('bad-label', `Label ${position} is ${found}; expected ${expected}.`, {
        position,
        found,
        expected,
      });
    }
    throw new FileError('not-finite', `Sequence ${position} holds NaN or infinite values.`, {
      position,
    });
  }

  /** The address of the C object; for this library. */
  get handle() {
    if (this.#handle === 0) throw new ConfigError('dataset', 'disposed', 'one that was not disposed');
    return this.#handle;
  }

  /** Frees its memory. It must not be in use by a trainer. */
  dispose() {
    if (this.#handle !== 0) this.#module.call('lstm_dataset_destroy', this.#handle);
    this.#handle = 0;
  }
}
