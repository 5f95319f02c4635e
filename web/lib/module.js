/** Loads the WebAssembly module and keeps what JavaScript must know of its memory and statuses. */

import { simd } from '../build/vendor/wasm-feature-detect.js';
import { ConfigError, LstmError, MemoryError } from './errors.js';

/** Status codes of the C functions: src/status.h. */
export const STATUS = Object.freeze({
  OK: 0,
  BAD_CONFIG: 1,
  OUT_OF_MEMORY: 2,
  BAD_ARGUMENT: 3,
  BAD_LABEL: 4,
  NOT_FINITE: 5,
  DIVERGED: 6,
});

/** What a status means where the caller has nothing more exact to say. */
const STATUS_MESSAGES = Object.freeze({
  [STATUS.BAD_CONFIG]: 'a size or an option is out of range, or data and network have different shapes',
  [STATUS.BAD_ARGUMENT]: 'a count or an index is out of range',
  [STATUS.BAD_LABEL]: 'a label is not one of the classes',
  [STATUS.NOT_FINITE]: 'a value is NaN or infinite',
  [STATUS.DIVERGED]: 'the loss is no longer a number',
});

/** Builds, best first. */
export const VARIANTS = Object.freeze(['simd', 'scalar']);

/**
 * @param {string} variant 'auto' or one of VARIANTS
 * @returns {Promise<string>}
 */
export async function chooseVariant(variant) {
  if (variant !== 'auto') {
    if (!VARIANTS.includes(variant)) {
      throw new ConfigError('variant', variant, `auto or one of ${VARIANTS.join(', ')}`);
    }
    return variant;
  }
  return (await simd()) ? 'simd' : 'scalar';
}

/**
 * A module's functions and memory. Memory can grow with any allocation, and then every view on it
 * dies: views are made where they are used and never kept.
 */
export class WasmModule {
  /** @type {Record<string, any>} */
  #instance;

  /**
   * @param {Record<string, any>} instance what Emscripten's factory resolves to
   */
  constructor(instance) {
    this.#instance = instance;
  }

  get memoryBytes() {
    return this.#instance.HEAPU8.buffer.byteLength;
  }

  /**
   * Calls an exported function.
   * @param {string} name without the underscore that Emscripten puts before it
   * @param {...number} args
   * @returns {number}
   */
  call(name, ...args) {
    return this.#instance[`_${name}`](...args);
  }

  /**
   * Calls a function that returns a status and throws when it isn't OK.
   * @param {string} name
   * @param {...number} args
   */
  check(name, ...args) {
    const status = this.call(name, ...args);
    if (status === STATUS.OUT_OF_MEMORY) throw new MemoryError(name, 0);
    if (status !== STATUS.OK) {
      const message = STATUS_MESSAGES[status] ?? `unknown status ${status}`;
      throw new LstmError('call-failed', `${name}: ${message}.`, { name, status });
    }
  }

  /** @param {number} address @param {number} length */
  bytes(address, length) {
    return new Uint8Array(this.#instance.HEAPU8.buffer, address, length);
  }

  /** @param {number} address @param {number} length in floats */
  floats(address, length) {
    return new Float32Array(this.#instance.HEAPU8.buffer, address, length);
  }

  /** @param {number} address @param {number} length in integers */
  integers(address, length) {
    return new Int32Array(this.#instance.HEAPU8.buffer, address, length);
  }

  /** @param {number} address @param {number} length in doubles */
  doubles(address, length) {
    return new Float64Array(this.#instance.HEAPU8.buffer, address, length);
  }

  /** @param {number} address of a string that ends in 0 */
  string(address) {
    const heap = this.#instance.HEAPU8;
    return new TextDecoder().decode(heap.slice(address, heap.indexOf(0, address)));
  }

  /**
   * Runs fn with room for arrays that are freed when it returns.
   * @template T
   * @param {(allocate: (bytes: number) => number) => T} fn
   * @returns {T}
   */
  withMemory(fn) {
    /** @type {number[]} */
    const taken = [];
    try {
      return fn((bytes) => {
        const address = this.call('malloc', Math.max(bytes, 8));
        if (address === 0) throw new MemoryError('a call', bytes);
        taken.push(address);
        return address;
      });
    } finally {
      for (const address of taken) this.call('free', address);
    }
  }

  /**
   * Calls a function whose first argument is where it puts a new object's address. On OUT_OF_MEMORY
   * throws what `outOfMemory` gives.
   * @param {string} name
   * @param {() => Error} outOfMemory
   * @param {...number} args
   */
  create(name, outOfMemory, ...args) {
    return this.withMemory((allocate) => {
      const place = allocate(4);
      const status = this.call(name, place, ...args);
      if (status === STATUS.OUT_OF_MEMORY) throw outOfMemory();
      if (status !== STATUS.OK) {
        throw new LstmError('call-failed', `${name}: ${STATUS_MESSAGES[status]}.`, { name, status });
      }
      return this.integers(place, 1)[0];
    });
  }
}

/**
 * @param {string} variant
 * @returns {Promise<WasmModule>}
 */
export async function loadModule(variant) {
  let factory;
  try {
    ({ default: factory } = await import(`../build/lstm-${variant}.mjs`));
    return new WasmModule(await factory());
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const error = new LstmError(
      'module-not-loaded',
      `The WebAssembly module lstm-${variant} could not be loaded (${reason}). ` +
        'If it was not built yet: run build.sh.',
      { variant, reason },
    );
    error.cause = cause;
    throw error;
  }
}
