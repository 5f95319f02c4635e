/** Training in slices: minibatches, Adam, a new order of the sequences in each epoch. */

import { CancelledError, ConfigError, DivergedError, MemoryError } from './errors.js';
import { STATUS, statusError } from './module.js';
import { AUGMENT_FIELDS, LOSSES, REFINEMENT_FIELDS, SCHEDULES } from './settings.js';
import { nextTask } from './tasks.js';

/**
 * Ranges and defaults: TRAINING_FIELDS in settings.js.
 * @typedef {object} TrainingOptions
 * @property {number} batch
 * @property {number} epochs
 * @property {number} learningRate
 * @property {string} loss 'cross-entropy', or 'double-softmax': the tutorial's, on the softmax's output
 * @property {string} schedule 'constant' or 'cosine', down to 0 over all epochs
 * @property {number} clipNorm the gradients' greatest global norm; 0: no clipping
 * @property {number} beta1
 * @property {number} beta2
 * @property {number} epsilon
 * @property {number} labelSmoothing the share of a label that is spread over all classes
 * @property {number} dropout between layers
 * @property {number} outputDropout before the output layer
 * @property {number} weightDecay decoupled from the gradient (AdamW)
 * @property {number} averaging the decay a step of the weights' moving average, which is what the network
 *   holds between slices; 0: the weights themselves
 * @property {number} warmUp the share of the training in which the rate rises first
 * @property {number} seed of the order of the sequences and of all that is drawn while training
 */

/**
 * @typedef {object} Progress
 * @property {number} epoch the epoch to come or under way, from 0; = epochs when done
 * @property {number} batch the batch to come, from 0
 * @property {number} batchesPerEpoch
 * @property {number} iteration batches trained in all
 * @property {number} images sequences trained in all
 * @property {number} loss mean over the last epoch begun, nats
 * @property {number} accuracy of the same, while training
 * @property {number} sliceLoss mean over the last slice
 * @property {number} sliceAccuracy
 * @property {boolean} epochDone the last slice ended an epoch
 * @property {boolean} done all epochs are trained
 */

/**
 * Where training stands, and its sums over the last epoch begun.
 * @typedef {{epoch: number, batch: number, batches: number, loss: number, seen: number, correct: number}} Sums
 */

export class Trainer {
  #module;
  #handle;
  #dataset;
  #millisecondsPerBatch = 0;
  /** @type {Promise<void> | null} */
  #paused = null;
  /** @type {() => void} */
  #wake = () => {};

  /**
   * @param {import('./module.js').WasmModule} module
   * @param {number} network address
   * @param {import('./dataset.js').Dataset} dataset
   * @param {TrainingOptions} options checked
   * @param {Readonly<Record<string, number>> | null} augment checked: how images are distorted
   */
  constructor(module, network, dataset, options, augment) {
    this.#module = module;
    this.#dataset = dataset;
    /** @type {Readonly<TrainingOptions>} */
    this.options = options;
    this.#handle = module.create(
      'lstm_trainer_create',
      () => new MemoryError(`the order of ${dataset.count} sequences`, 4 * dataset.count),
      network,
      dataset.handle,
      options.batch,
      options.epochs,
      LOSSES.indexOf(options.loss),
      SCHEDULES.indexOf(options.schedule),
      options.learningRate,
      options.beta1,
      options.beta2,
      options.epsilon,
      options.clipNorm,
      options.seed,
    );
    try {
      this.#refine(augment);
    } catch (error) {
      this.dispose();
      throw error;
    }
    /** @type {Progress} */
    this.progress = this.#report(null);
  }

  /** @param {Readonly<Record<string, number>> | null} augment */
  #refine(augment) {
    const { options } = this;
    const values = Object.keys(REFINEMENT_FIELDS).map((name) => Number(/** @type {any} */ (options)[name]));
    if (!augment && values.every((value) => value === 0)) return;
    const distortions = augment ? Object.keys(AUGMENT_FIELDS).map((name) => augment[name]) : [];
    this.#module.withMemory((allocate) => {
      const place = allocate(4 * values.length);
      const second = augment ? allocate(4 * distortions.length) : 0;
      this.#module.floats(place, values.length).set(values);
      if (augment) this.#module.floats(second, distortions.length).set(distortions);
      this.#module.check('lstm_trainer_refine', this.#address, place, second);
    });
  }

  /** @returns {Sums} */
  #sums() {
    return this.#module.withMemory((allocate) => {
      const place = allocate(48);
      this.#module.call('lstm_trainer_report', this.#address, place);
      const [epoch, batch, batches, loss, seen, correct] = this.#module.doubles(place, 6);
      return { epoch, batch, batches, loss, seen, correct };
    });
  }

  /** @param {Sums | null} before @returns {Progress} */
  #report(before) {
    const now = this.#sums();
    const { epochs } = this.options;
    // An epoch's sums begin anew with its first batch.
    const last = before && before.batch > 0 ? before : { loss: 0, seen: 0, correct: 0 };
    const seen = now.seen - last.seen;
    return {
      epoch: now.epoch,
      batch: now.batch,
      batchesPerEpoch: now.batches,
      iteration: now.epoch * now.batches + now.batch,
      images: now.epoch * this.#dataset.count + (now.batch > 0 ? now.seen : 0),
      loss: now.loss / now.seen,
      accuracy: now.correct / now.seen,
      sliceLoss: (now.loss - last.loss) / seen,
      sliceAccuracy: (now.correct - last.correct) / seen,
      epochDone: before !== null && now.epoch > before.epoch,
      done: now.epoch >= epochs,
    };
  }

  get #address() {
    if (this.#handle === 0) throw new ConfigError('trainer', 'disposed', 'one that was not disposed');
    return this.#handle;
  }

  /**
   * Trains for about so many milliseconds, or so many batches, at least one, at most to the end of the
   * epoch. When the loss is no longer a number the batch is not taken and DivergedError thrown.
   * @param {{milliseconds?: number, batches?: number}} [limit]
   * @returns {Progress}
   */
  slice({ milliseconds, batches } = { batches: 1 }) {
    const before = this.#sums();
    const end = performance.now() + (milliseconds ?? Infinity);
    let left = Math.min(batches ?? Infinity, before.batches - before.batch);
    if (before.epoch >= this.options.epochs) left = 0;
    while (left > 0) {
      const start = performance.now();
      const expected = this.#millisecondsPerBatch;
      if (start + expected / 2 > end && left < before.batches - before.batch) break;
      const fitting = expected > 0 ? Math.floor((end - start) / expected) : 1;
      const count = Math.max(1, Math.min(left, fitting, 1000));
      this.#runBatches(count);
      this.#millisecondsPerBatch = (performance.now() - start) / count;
      left -= count;
    }
    this.progress = this.#report(before);
    return this.progress;
  }

  /** @param {number} count */
  #runBatches(count) {
    const status = this.#module.call('lstm_trainer_run', this.#address, count);
    if (status === STATUS.DIVERGED) {
      const { epoch, batch } = this.#sums();
      throw new DivergedError(epoch + 1, batch + 1);
    }
    if (status !== STATUS.OK) throw statusError('lstm_trainer_run', status);
  }

  /**
   * Trains to the end in slices, letting other tasks run between them.
   * @param {object} [options]
   * @param {(progress: Progress) => void} [options.onProgress] after each slice
   * @param {(progress: Progress) => void | Promise<void>} [options.onEpoch] after each epoch; awaited
   * @param {AbortSignal} [options.signal] ends training with CancelledError; what was learned stays
   * @param {number} [options.sliceMs]
   */
  async run({ onProgress, onEpoch, signal, sliceMs = 30 } = {}) {
    while (!this.progress.done) {
      while (this.#paused && !signal?.aborted) await Promise.race([this.#paused, aborted(signal)]);
      if (signal?.aborted) throw new CancelledError();
      const progress = this.slice({ milliseconds: sliceMs });
      onProgress?.(progress);
      if (progress.epochDone) await onEpoch?.(progress);
      await nextTask();
    }
    return this.progress;
  }

  /** run() stops before its next slice, until resume(). */
  pause() {
    this.#paused ??= new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  resume() {
    this.#paused = null;
    this.#wake();
  }

  /**
   * Goes to an epoch and batch, both from 0, e.g. to go on with what another trainer began: the order of the
   * sequences depends on seed and epoch alone.
   * @param {number} epoch
   * @param {number} [batch]
   */
  seek(epoch, batch = 0) {
    this.#module.check('lstm_trainer_seek', this.#address, epoch, batch);
    this.progress = this.#report(null);
  }

  dispose() {
    if (this.#handle !== 0) this.#module.call('lstm_trainer_destroy', this.#handle);
    this.#handle = 0;
  }
}

/** @param {AbortSignal} [signal] @returns {Promise<void>} */
function aborted(signal) {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve();
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}
