/** A loaded module: makes networks and datasets, reads drawings. */

import { Dataset } from './dataset.js';
import { ConfigError, MemoryError } from './errors.js';
import { loadModule } from './module.js';
import { Network } from './network.js';
import { readSafetensors } from './safetensors.js';
import { AUGMENT_FIELDS, checkNetwork, checkSettings, NETWORK_FIELDS } from './settings.js';
import { configFromFile } from './weights.js';

export const DIGIT_SIDE = 28;

/**
 * A pen's or an eraser's way over the canvas.
 * @typedef {object} Stroke
 * @property {'pen' | 'eraser'} tool
 * @property {number} radius of the nib, in units of the canvas' side
 * @property {ArrayLike<number>} points x0, y0, x1, y1, ... in the same units, y downwards
 */

/**
 * What the network reads of a drawing or a picture.
 * @typedef {object} Reading
 * @property {Uint8Array} pixels 28 x 28, row by row, 0 (paper) to 255 (ink)
 * @property {boolean} blank no ink
 */

export class Engine {
  #module;
  #pool = 0;

  /** @param {{module: import('./module.js').WasmModule, variant: string, threads: number}} loaded */
  constructor({ module, variant, threads }) {
    this.#module = module;
    /** The build that runs: 'relaxed', 'simd' or 'scalar'. */
    this.variant = variant;
    /** Threads that a batch runs on. */
    this.threads = threads;
    if (threads > 1) {
      this.#pool = module.create('lstm_pool_create', () => new MemoryError('threads', 0), threads);
    }
  }

  /** Bytes of WebAssembly memory taken now. */
  get memoryBytes() {
    return this.#module.memoryBytes;
  }

  /**
   * A new network, its weights drawn from config.seed. Defaults: NETWORK_FIELDS.
   * @param {Partial<import('./network.js').NetworkConfig>} [config]
   * @throws {ConfigError | import('./errors.js').MemoryError}
   */
  createNetwork(config = {}) {
    const checked = checkNetwork(NETWORK_FIELDS, config);
    const full = /** @type {import('./network.js').NetworkConfig} */ (checked);
    return new Network(this.#module, full, this.#pool);
  }

  /**
   * The network of a safetensors file. Without metadata of ours, as PyTorch writes it, `steps` says
   * how many rows it reads.
   * @param {Uint8Array | ArrayBuffer} bytes
   * @param {{name?: string, batch?: number, steps?: number}} [options] name: the file's, for messages
   * @throws {import('./errors.js').FileError | ConfigError | import('./errors.js').MemoryError}
   */
  openNetwork(bytes, { name = 'the file', batch = 50, steps = 28 } = {}) {
    const file = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
    const { tensors, metadata } = readSafetensors(file, name);
    const config = configFromFile(tensors, metadata, { source: name, steps });
    const network = this.createNetwork({ ...config, batch });
    try {
      network.setTensors(tensors, { source: name });
    } catch (error) {
      network.dispose();
      throw error;
    }
    network.metadata = metadata;
    return network;
  }

  /**
   * Copies images (or any sequences) and their labels into the module's memory.
   * @param {import('./dataset.js').DatasetSource} source
   */
  createDataset(source) {
    return new Dataset(this.#module, source);
  }

  /**
   * Makes a 28x28 digit of a drawing, as MNIST's were made.
   * @param {readonly Stroke[]} strokes
   * @param {{centre?: boolean}} [options] centre: scale into 20x20 and centre by mass (the default)
   * @returns {Reading}
   */
  readDrawing(strokes, { centre = true } = {}) {
    const drawn = strokes.filter((stroke) => stroke.points.length >= 2);
    const total = drawn.reduce((sum, stroke) => sum + stroke.points.length, 0);
    return this.#module.withMemory((allocate) => {
      const points = allocate(4 * total);
      const table = allocate(12 * drawn.length);
      let at = 0;
      for (const [i, { tool, radius, points: own }] of drawn.entries()) {
        if (tool !== 'pen' && tool !== 'eraser') throw new ConfigError('tool', tool, 'pen or eraser');
        const pairs = own.length - (own.length % 2);
        this.#module.floats(points + 4 * at, pairs).set(Array.prototype.slice.call(own, 0, pairs));
        this.#module.integers(table + 12 * i, 2).set([pairs / 2, tool === 'eraser' ? 1 : 0]);
        this.#module.floats(table + 12 * i + 8, 1)[0] = radius;
        at += pairs;
      }
      return this.#read(allocate, 'lstm_read_drawing', points, table, drawn.length, centre ? 1 : 0);
    });
  }

  /**
   * The same for a picture.
   * @param {Uint8Array} ink width x height, 0 (paper) to 255 (ink)
   * @param {number} width
   * @param {number} height
   * @param {{centre?: boolean}} [options]
   * @returns {Reading}
   */
  readPicture(ink, width, height, { centre = true } = {}) {
    if (ink.length !== width * height) {
      throw new ConfigError('ink', `${ink.length} bytes`, `width x height = ${width * height} bytes`);
    }
    return this.#module.withMemory((allocate) => {
      const copy = allocate(ink.length);
      this.#module.bytes(copy, ink.length).set(ink);
      return this.#read(allocate, 'lstm_read_picture', copy, width, height, centre ? 1 : 0);
    });
  }

  /**
   * A picture as training would see it with these distortions (AUGMENT_FIELDS): that of the number
   * `sequence` in an epoch, from 0.
   * @param {Uint8Array | Float32Array} image rows x columns: bytes 0..255 or floats 0..1
   * @param {object} options
   * @param {Partial<Record<string, number>>} options.augment
   * @param {number} [options.rows]
   * @param {number} [options.columns]
   * @param {number} [options.seed]
   * @param {number} [options.epoch]
   * @param {number} [options.sequence]
   * @returns {Float32Array} 0..1
   */
  distort(image, { augment, rows = 28, columns = 28, seed = 1, epoch = 0, sequence = 0 }) {
    if (image.length !== rows * columns) {
      throw new ConfigError('image', `${image.length} values`, `rows x columns = ${rows * columns}`);
    }
    const checked = checkSettings(AUGMENT_FIELDS, augment, 'augment.');
    const values = Object.keys(AUGMENT_FIELDS).map((name) => checked[name]);
    const scale = image instanceof Uint8Array ? 1 / 255 : 1;
    return this.#module.withMemory((allocate) => {
      const picture = allocate(4 * image.length);
      const options = allocate(4 * values.length);
      this.#module.floats(picture, image.length).set(Float32Array.from(image, (value) => value * scale));
      this.#module.floats(options, values.length).set(values);
      this.#module.check('lstm_distort', picture, rows, columns, options, seed, epoch, sequence);
      return this.#module.floats(picture, image.length).slice();
    });
  }

  /** Ends the engine's threads. Dispose of its networks first. */
  dispose() {
    this.#module.call('lstm_pool_destroy', this.#pool);
    this.#pool = 0;
  }

  /**
   * @param {(bytes: number) => number} allocate
   * @param {string} name
   * @param {...number} args
   */
  #read(allocate, name, ...args) {
    const size = DIGIT_SIDE * DIGIT_SIDE;
    const digit = allocate(size);
    const blank = allocate(4);
    this.#module.check(name, digit, blank, ...args);
    return {
      pixels: this.#module.bytes(digit, size).slice(),
      blank: this.#module.integers(blank, 1)[0] === 1,
    };
  }
}

/**
 * Loads the WebAssembly module.
 * @param {object} [options]
 * @param {string} [options.variant] 'relaxed', 'simd' or 'scalar'; 'auto' (default): the fastest that
 *   runs here. 'simd' and 'scalar' give the same bits everywhere; 'relaxed' may differ from them, and
 *   between processors, in the last bits.
 * @param {'auto' | number} [options.threads] at most; 'auto' (default): as many as there are processors, up
 *   to four. Pages that are not cross-origin isolated have one.
 * @param {MessagePort[] | null} [options.threadPorts] what createThreadWorkers() gave in the page, when the
 *   engine is loaded in a worker: the threads are those at most. null (default): the module makes its threads'
 *   workers, which now and then hangs in a worker of Firefox.
 * @returns {Promise<Engine>}
 */
export async function loadEngine({ variant = 'auto', threads = 'auto', threadPorts = null } = {}) {
  return new Engine(await loadModule({ variant, threads, threadPorts }));
}
