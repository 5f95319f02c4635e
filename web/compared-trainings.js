/**
 * Trains the compared networks in this tab, one after the other, in slices. The panel Train's training goes
 * first: while it runs, this one waits.
 */

import { CancelledError, DivergedError } from './lib/index.js';
import { nextTask } from './lib/tasks.js';
import { COMPARED, toPlainError } from './protocol.js';
import { TrainingData } from './training-data.js';

/** @typedef {import('./lib/index.js').Dataset} Dataset */
/** @typedef {import('./protocol.js').ComparedName} ComparedName */
/** @typedef {import('./protocol.js').ComparedTraining} ComparedTraining */
/** @typedef {import('./comparison.js').Source} Source */

const SLICE_MS = 24;
const WAIT_MS = 100;

/** One recipe for all: short, and gentle enough for those that explode. */
const RECIPE = Object.freeze({
  batch: 50,
  epochs: 3,
  learningRate: 0.003,
  schedule: 'cosine',
  loss: 'cross-entropy',
  clipNorm: 1,
});

export class ComparedTrainings {
  #context;
  /** @type {ComparedTraining} */
  #status = {
    state: 'idle',
    name: null,
    done: 0,
    accuracies: {},
    images: 0,
    epochs: RECIPE.epochs,
    learningRate: RECIPE.learningRate,
    error: null,
  };
  /** @type {AbortController | null} of what is under way */
  #controller = null;

  /**
   * @param {{engine: import('./lib/index.js').Engine, comparison: import('./comparison.js').Comparison,
   *   training: {isRunning: boolean}, tell: (status: ComparedTraining) => void,
   *   data?: Pick<TrainingData, 'load' | 'dispose'>}} context data: the bundled images, by default
   */
  constructor(context) {
    this.#context = context;
  }

  /** @param {Partial<ComparedTraining>} changes */
  #tell(changes) {
    this.#status = { ...this.#status, ...changes };
    this.#context.tell(this.#status);
  }

  /** Returns at once; does nothing while it trains already. */
  start() {
    if (this.#controller) return;
    this.#controller = new AbortController();
    this.#tell({ state: 'running', name: null, done: 0, accuracies: {}, error: null });
    this.#run(this.#controller.signal);
  }

  /** What was trained by then is dropped. */
  cancel() {
    this.#controller?.abort();
  }

  /** @param {AbortSignal} signal */
  async #run(signal) {
    const data = this.#context.data ?? new TrainingData(this.#context.engine);
    try {
      const { train, test } = await data.load('bundled');
      this.#tell({ images: train.count });
      /** @type {Map<ComparedName, Source>} */
      const trained = new Map();
      for (const name of COMPARED) trained.set(name, await this.#train(name, train, test, signal));
      this.#context.comparison.useTrained(trained);
      this.#tell({ state: 'done', name: null, done: 1 });
    } catch (error) {
      const cancelled = error instanceof CancelledError;
      this.#tell({
        state: cancelled ? 'idle' : 'failed',
        name: null,
        error: cancelled ? null : toPlainError(error),
      });
    } finally {
      data.dispose();
      this.#controller = null;
    }
  }

  /**
   * @param {ComparedName} name
   * @param {Dataset} train
   * @param {Dataset} test
   * @param {AbortSignal} signal
   * @returns {Promise<Source>}
   */
  async #train(name, train, test, signal) {
    const config = await this.#context.comparison.configOf(name);
    const network = this.#context.engine.createNetwork({ ...config, batch: RECIPE.batch });
    try {
      await this.#epochs(name, network.trainer(train, { ...RECIPE, seed: config.seed }), signal);
      const { accuracy } = await network.evaluate(test, { sliceMs: SLICE_MS, signal });
      this.#tell({ accuracies: { ...this.#status.accuracies, [name]: accuracy } });
      return { config, tensors: network.tensors(), accuracy, loss: RECIPE.loss };
    } finally {
      network.dispose();
    }
  }

  /**
   * @param {ComparedName} name
   * @param {import('./lib/index.js').Trainer} trainer disposed of at the end
   * @param {AbortSignal} signal
   */
  async #epochs(name, trainer, signal) {
    const before = COMPARED.indexOf(name);
    try {
      while (!trainer.progress.done) {
        await this.#turn(name, signal);
        const { iteration, batchesPerEpoch } = trainer.slice({ milliseconds: SLICE_MS });
        const share = iteration / (batchesPerEpoch * RECIPE.epochs);
        this.#tell({ state: 'running', name, done: (before + share) / COMPARED.length });
        await nextTask();
      }
    } catch (error) {
      // The batch that diverged was not taken: the weights are those from before it.
      if (!(error instanceof DivergedError)) throw error;
    } finally {
      trainer.dispose();
    }
  }

  /** Until the other training does not run. @param {ComparedName} name @param {AbortSignal} signal */
  async #turn(name, signal) {
    while (this.#context.training.isRunning && !signal.aborted) {
      if (this.#status.state !== 'waiting') this.#tell({ state: 'waiting', name });
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    }
    if (signal.aborted) throw new CancelledError();
  }
}
