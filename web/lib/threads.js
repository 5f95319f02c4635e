/**
 * Workers for an engine's threads, made ahead by the page. A worker that makes workers itself works too, but
 * in Firefox 153 about one of 50 such `new Worker` never returned, and the engine's worker hung with it.
 */

export const MAX_THREADS = 4; // src/parallel.h, POOL_MAX_THREADS

/** Processors that can work at once. */
export function processors() {
  const { navigator, process } = /** @type {any} */ (globalThis);
  return navigator?.hardwareConcurrency ?? process?.getBuiltinModule?.('os').availableParallelism() ?? 1;
}

/**
 * To call in a page whose worker loads the engine: makes as many workers as that can use beside itself (none
 * where the page is not cross-origin isolated).
 * @returns {MessagePort[]} to transfer to the worker, for loadEngine's option `threadPorts`
 */
export function createThreadWorkers() {
  if (!globalThis.crossOriginIsolated) return [];
  return Array.from({ length: Math.min(processors(), MAX_THREADS) - 1 }, () => {
    // Emscripten knows its threads by this name.
    const worker = new Worker(new URL('./thread.js', import.meta.url), {
      type: 'module',
      name: 'em-pthread',
    });
    const { port1, port2 } = new MessageChannel();
    worker.postMessage(port2, [port2]);
    return port1;
  });
}

/** Such a worker, as the engine's module uses it: in the place of one that it would make itself. */
export class ThreadWorker {
  #port;

  /** @param {MessagePort} port @param {string} script that the thread runs */
  constructor(port, script) {
    this.#port = port;
    port.postMessage({ script });
  }

  /** @param {(event: MessageEvent) => void} listener */
  set onmessage(listener) {
    this.#port.onmessage = listener;
  }

  /** @param {unknown} message @param {Transferable[]} [transfer] */
  postMessage(message, transfer = []) {
    this.#port.postMessage({ message }, transfer);
  }

  terminate() {
    endThread(this.#port);
  }
}

/** Ends a worker that is not needed. @param {MessagePort} port */
export function endThread(port) {
  port.postMessage({ end: true });
}
