/**
 * What the panels call. Owns the worker, where everything is computed: the page's own thread only
 * draws. Requests are promises that reject with an EngineError; what happens by itself are events.
 */

import { Latest } from './latest.js';
import { createThreadWorkers } from './lib/threads.js';
import { REQUEST } from './protocol.js';

/** @typedef {import('./protocol.js').Answer} Answer */
/** @typedef {import('./protocol.js').CompareRequest} CompareRequest */
/** @typedef {import('./protocol.js').Drawing} Drawing */
/** @typedef {import('./protocol.js').TrainSettings} TrainSettings */

/**
 * @typedef {object} Events
 * @property {import('./protocol.js').ModelInfo} model
 * @property {import('./protocol.js').TrainingStatus} training
 * @property {import('./protocol.js').EpochResult} epoch
 * @property {Answer} answer to the latest drawing
 * @property {EngineError} problem a latest drawing could not be read or compared
 * @property {import('./protocol.js').Comparison} comparison the answer to the latest compareLatest()
 * @property {import('./protocol.js').ComparedTraining} compared-training
 * @property {EngineError} crash the worker is gone
 */

/** Events that tell how things stand: who begins to listen later hears the last one. */
const STATES = Object.freeze(['model', 'training', 'answer']);

/** An error of the worker, on this side. */
export class EngineError extends Error {
  /** @param {import('./protocol.js').PlainError} plain */
  constructor({ code, message, details }) {
    super(message);
    this.name = 'EngineError';
    this.code = code;
    this.details = details;
  }
}

export class Engine {
  #worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  #nextId = 1;
  /** @type {Map<number, {resolve: (value: any) => void, reject: (error: Error) => void}>} */
  #pending = new Map();
  /** @type {Map<string, Set<(value: any) => void>>} */
  #listeners = new Map();
  /** @type {Map<string, unknown>} */
  #states = new Map();
  #reading = new Latest((/** @type {Drawing} */ drawing) =>
    this.#tellOf('answer', this.read(drawing, { traced: this.#tracing })),
  );
  #comparing = new Latest((/** @type {CompareRequest} */ request) =>
    this.#tellOf('comparison', this.#request(REQUEST.COMPARE, { ...request })),
  );
  /** @type {Drawing | null} */
  #drawing = null;
  #tracing = false;
  /** @type {EngineError | null} */
  #crash = null;

  constructor() {
    this.#worker.onmessage = ({ data }) => this.#receive(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(event.message ?? '');
    };
    this.#worker.onmessageerror = () => this.#fail('a message could not be read');
    const ports = createThreadWorkers();
    this.#request(REQUEST.THREADS, { ports }, ports).catch(() => {}); // a crash is told as an event
  }

  /** @param {any} message */
  #receive({ id, value, error, event }) {
    if (event) {
      this.#emit(event, value);
      return;
    }
    const waiting = this.#pending.get(id);
    this.#pending.delete(id);
    if (error) waiting?.reject(new EngineError(error));
    else waiting?.resolve(value);
  }

  /** @param {string} reason */
  #fail(reason) {
    if (this.#crash) return;
    const message = `The engine stopped unexpectedly (${reason}). Reload the page.`;
    this.#crash = new EngineError({ code: 'worker-crashed', message, details: { reason } });
    for (const { reject } of this.#pending.values()) reject(this.#crash);
    this.#pending.clear();
    this.#emit('crash', this.#crash);
  }

  /** @param {string} event @param {unknown} value */
  #emit(event, value) {
    if (STATES.includes(event)) this.#states.set(event, value);
    for (const listener of this.#listeners.get(event) ?? []) listener(value);
  }

  /**
   * @template {keyof Events} E
   * @param {E} event
   * @param {(value: Events[E]) => void} listener
   */
  on(event, listener) {
    const set = this.#listeners.get(event) ?? new Set();
    set.add(listener);
    this.#listeners.set(event, set);
    // Not at once: who listens may still be in its constructor.
    if (this.#states.has(event)) queueMicrotask(() => listener(/** @type {any} */ (this.#states.get(event))));
  }

  /**
   * @param {string} type
   * @param {Record<string, unknown>} [payload]
   * @param {Transferable[]} [transfer] given away
   * @returns {Promise<any>}
   */
  #request(type, payload = {}, transfer = []) {
    if (this.#crash) return Promise.reject(this.#crash);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage({ ...payload, id, type }, transfer);
    });
  }

  /** Loads the module and the pretrained network. @returns {Promise<import('./protocol.js').EngineInfo>} */
  start() {
    return this.#request(REQUEST.START);
  }

  /**
   * @param {Drawing} drawing
   * @param {{traced?: boolean}} [options] traced: also what went on inside
   * @returns {Promise<Answer>}
   */
  read(drawing, { traced = false } = {}) {
    return this.#request(REQUEST.READ, { drawing, traced });
  }

  /** Pictures of Fashion-MNIST to try. @returns {Promise<import('./protocol.js').SamplePictures>} */
  samples() {
    return this.#request(REQUEST.SAMPLES);
  }

  /**
   * Reads this drawing as soon as the one before is answered, unless a later one comes. The answer is
   * the event 'answer'.
   * @param {Drawing} drawing
   */
  readLatest(drawing) {
    this.#drawing = drawing;
    this.#reading.want(drawing);
  }

  /** While somebody looks inside, the latest answers tell what went on there. @param {boolean} wanted */
  trace(wanted) {
    if (this.#tracing === wanted) return;
    this.#tracing = wanted;
    if (wanted && this.#drawing) this.#reading.want(this.#drawing);
  }

  /**
   * Compares the networks of "Why LSTM?", unless a later request comes. The answer is the event
   * 'comparison'.
   * @param {CompareRequest} request
   */
  compareLatest(request) {
    this.#comparing.want(request);
  }

  /** @param {keyof Events} event @param {Promise<unknown>} answer */
  async #tellOf(event, answer) {
    try {
      this.#emit(event, await answer);
    } catch (error) {
      this.#emit('problem', error);
    }
  }

  /**
   * Opens a model file; on an error the network stays.
   * @param {string} name
   * @param {ArrayBuffer} buffer given away
   * @returns {Promise<import('./protocol.js').ModelInfo>}
   */
  openFile(name, buffer) {
    return this.#request(REQUEST.OPEN_FILE, { name, bytes: new Uint8Array(buffer) }, [buffer]);
  }

  /** @param {string} file @returns {Promise<import('./protocol.js').ModelInfo>} */
  openPretrained(file) {
    return this.#request(REQUEST.OPEN_PRETRAINED, { file });
  }

  /** @returns {Promise<import('./protocol.js').SavedModel>} */
  save() {
    return this.#request(REQUEST.SAVE);
  }

  /**
   * Takes IDX files to train on, in any order: images and labels, or both of these twice.
   * @param {import('./protocol.js').DataFileBytes[]} files
   * @returns {Promise<import('./protocol.js').DataInfo>}
   */
  useFiles(files) {
    return this.#request(REQUEST.USE_FILES, { files });
  }

  /** Resolves when training runs. @param {TrainSettings} settings @returns {Promise<void>} */
  train(settings) {
    return this.#request(REQUEST.TRAIN, { settings });
  }

  /** Resolves when the batch is trained. @param {TrainSettings} settings @returns {Promise<void>} */
  trainBatch(settings) {
    return this.#request(REQUEST.TRAIN_BATCH, { settings });
  }

  /** @returns {Promise<void>} */
  pause() {
    return this.#request(REQUEST.PAUSE);
  }

  /** @returns {Promise<void>} */
  resume() {
    return this.#request(REQUEST.RESUME);
  }

  /** @returns {Promise<void>} */
  stop() {
    return this.#request(REQUEST.STOP);
  }

  /** @returns {Promise<void>} */
  goBack() {
    return this.#request(REQUEST.GO_BACK);
  }

  /** Trains the compared networks anew; its progress are events. @returns {Promise<void>} */
  trainCompared() {
    return this.#request(REQUEST.TRAIN_COMPARED);
  }

  /** @returns {Promise<void>} */
  cancelCompared() {
    return this.#request(REQUEST.CANCEL_COMPARED);
  }
}
