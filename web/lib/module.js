/** Loads the WebAssembly module and keeps what JavaScript must know of its memory and statuses. */

import { relaxedSimd, simd, threads as hasThreads } from '../build/vendor/wasm-feature-detect.js';
import { ConfigError, LstmError, MemoryError } from './errors.js';
import { endThread, MAX_THREADS, processors, ThreadWorker } from './threads.js';

/** Status codes of the C functions: src/status.h. */
export const STATUS = Object.freeze({
  OK: 0,
  BAD_CONFIG: 1,
  OUT_OF_MEMORY: 2,
  BAD_ARGUMENT: 3,
  BAD_LABEL: 4,
  NOT_FINITE: 5,
  DIVERGED: 6,
  WORKER_LOST: 7,
});

/** What a status means where the caller has nothing more exact to say. @type {Readonly<Record<number, string>>} */
const STATUS_MESSAGES = Object.freeze({
  [STATUS.BAD_CONFIG]: 'a size or an option is out of range, or data and network have different shapes',
  [STATUS.BAD_ARGUMENT]: 'a count or an index is out of range',
  [STATUS.BAD_LABEL]: 'a label is not one of the classes',
  [STATUS.NOT_FINITE]: 'a value is NaN or infinite',
  [STATUS.DIVERGED]: 'the loss is no longer a number',
  [STATUS.WORKER_LOST]:
    'a thread was lost (its worker was ended, or memory ran out). The weights are as they were ' +
    'before the call: save them and load the engine anew',
});

/** Builds, fastest first. Results of 'simd' and 'scalar' are equal bit for bit, everywhere. */
export const VARIANTS = Object.freeze(['relaxed', 'simd', 'scalar']);

/** @param {string} variant */
async function isSupported(variant) {
  if (variant === 'relaxed') return relaxedSimd();
  return variant === 'scalar' || simd();
}

/** The variants that run in this browser or Node, fastest first. */
export async function supportedVariants() {
  const supported = [];
  for (const name of VARIANTS) if (await isSupported(name)) supported.push(name);
  return supported;
}

/**
 * @param {string} variant 'auto' or one of VARIANTS
 * @returns {Promise<string>}
 */
async function chooseVariant(variant) {
  const supported = await supportedVariants();
  if (variant === 'auto') return supported[0];
  if (!supported.includes(variant)) {
    throw new ConfigError('variant', variant, `auto or what runs here: ${supported.join(', ')}`);
  }
  return variant;
}

/**
 * As many threads as asked for, as there is use for, and as can be: pages that are not cross-origin
 * isolated have one.
 * @param {'auto' | number} threads
 * @param {string} variant
 */
async function chooseThreads(threads, variant) {
  const isCount = Number.isInteger(threads) && Number(threads) >= 1 && Number(threads) <= MAX_THREADS;
  if (threads !== 'auto' && !isCount) {
    throw new ConfigError('threads', threads, `auto or a whole number from 1 to ${MAX_THREADS}`);
  }
  const wanted = threads === 'auto' ? Math.min(processors(), MAX_THREADS) : threads;
  if (wanted === 1 || variant === 'scalar' || !(await hasThreads())) return 1;
  return wanted;
}

/** @param {string} name of the function @param {number} status */
export function statusError(name, status) {
  const message = STATUS_MESSAGES[status] ?? `unknown status ${status}`;
  const code = status === STATUS.WORKER_LOST ? 'worker-lost' : 'call-failed';
  return new LstmError(code, `${name}: ${message}.`, { name, status });
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
    if (status !== STATUS.OK) throw statusError(name, status);
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
      if (status !== STATUS.OK) throw statusError(name, status);
      return this.integers(place, 1)[0];
    });
  }
}

/**
 * @param {string} variant
 * @param {number} threads
 * @param {MessagePort[]} [ports] to workers that become the threads; none: the module makes its own
 */
async function instantiate(variant, threads, ports = []) {
  const build = `lstm-${variant}${threads > 1 ? '-mt' : ''}`;
  try {
    const { default: factory } = await import(`../build/${build}.mjs`);
    const waiting = [...ports];
    const instance = await factory({
      poolSize: threads - 1,
      ...(waiting.length > 0 && {
        Worker: class extends ThreadWorker {
          /** @param {URL} script */
          constructor(script) {
            super(/** @type {MessagePort} */ (waiting.pop()), script.href);
          }
        },
      }),
    });
    return { module: new WasmModule(instance), variant, threads };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const error = new LstmError(
      'module-not-loaded',
      `The WebAssembly module ${build} could not be loaded (${reason}). ` +
        'If it was not built yet: run build.sh.',
      { variant, reason },
    );
    error.cause = cause;
    throw error;
  }
}

/** Threads that have not started by then are done without. */
const THREADS_START_MS = 2500;

/**
 * Loads the build that suits this browser or Node best, or the one asked for.
 * @param {{variant: string, threads: 'auto' | number, threadPorts: MessagePort[] | null}} options
 * @returns {Promise<{module: WasmModule, variant: string, threads: number}>}
 */
export async function loadModule({ threadPorts, ...options }) {
  const variant = await chooseVariant(options.variant);
  const wanted = await chooseThreads(options.threads, variant);
  const threads = threadPorts ? Math.min(wanted, threadPorts.length + 1) : wanted;
  const ports = threadPorts?.slice(0, threads - 1) ?? [];
  for (const port of threadPorts?.slice(threads - 1) ?? []) endThread(port);
  if (threads === 1) return instantiate(variant, 1);
  const threaded = instantiate(variant, threads, ports).catch(() => null); // no shared memory to be had, say
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve(null), THREADS_START_MS);
  });
  const inTime = /** @type {Awaited<typeof threaded> | null} */ (await Promise.race([threaded, late]));
  clearTimeout(timer);
  if (inTime) return inTime;
  const single = instantiate(variant, 1);
  return Promise.race([threaded.then((loaded) => loaded ?? single), single]); // it may still win on a slow line
}
