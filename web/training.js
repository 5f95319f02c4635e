/** Training in the worker: one network at a time, in slices, that can be paused, stopped or undone. */

import { CancelledError, dataSetOf } from './lib/index.js';
import { nextTask } from './lib/tasks.js';
import { EVENT, toPlainError } from './protocol.js';

/** @typedef {import('./lib/index.js').Network} Network */
/** @typedef {import('./lib/index.js').Dataset} Dataset */
/** @typedef {import('./protocol.js').TrainSettings} TrainSettings */
/** @typedef {import('./protocol.js').TrainingStatus} TrainingStatus */

/** A drawing waits for one slice at most; a batch that takes longer is a slice of its own. */
const SLICE_MS = 24;

/** Weight of the latest slice in the shown speed. */
const SPEED_SMOOTHING = 0.1;

/**
 * A network under training.
 * @typedef {object} Run
 * @property {TrainSettings} settings
 * @property {Network} network
 * @property {import('./lib/index.js').Trainer} trainer
 * @property {Dataset} test
 * @property {number} images to train on
 * @property {AbortController} controller ends the test under way
 * @property {Promise<void> | null} loop while it runs
 * @property {Map<string, import('./lib/safetensors.js').Tensor>} good the weights at the last epoch's end
 * @property {number} testSeconds that a test takes; NaN: not known yet
 * @property {number} testedAt the iteration of the last test
 */

/** @returns {TrainingStatus} */
const nothing = () => ({
  state: 'idle',
  phase: '',
  begun: false,
  epoch: 0,
  epochs: 0,
  batch: 0,
  batchesPerEpoch: 0,
  iteration: 0,
  sliceLoss: NaN,
  sliceAccuracy: NaN,
  imagesPerSecond: 0,
  secondsLeft: NaN,
  tested: 0,
  reached: false,
  error: null,
});

export class Training {
  #data;
  #context;
  #status = nothing();
  /** @type {Run | null} */
  #run = null;
  /** Grows with each start, stop or leave: what was being prepared before is dropped. */
  #generation = 0;
  /** @type {Promise<unknown>} preparations run one after the other */
  #preparing = Promise.resolve();

  /**
   * @param {import('./training-data.js').TrainingData} data
   * @param {{engine: import('./lib/index.js').Engine, tell: (event: string, value: unknown) => void,
   *   adopt: (network: Network, info: import('./protocol.js').ModelInfo) => void}} context
   */
  constructor(data, context) {
    this.#data = data;
    this.#context = context;
  }

  /** @param {Partial<TrainingStatus>} [changes] */
  #tell(changes = {}) {
    this.#status = { ...this.#status, ...changes };
    this.#context.tell(EVENT.TRAINING, this.#status);
  }

  /** @param {import('./protocol.js').DataFileBytes[]} files */
  useFiles(files) {
    return this.#data.useFiles(files);
  }

  /** Trains a new network. @param {TrainSettings} settings */
  async start(settings) {
    const run = await this.#prepare(settings, 'running');
    if (run) this.#loopOn(run);
  }

  /**
   * Trains one batch, of a new network where none is in training.
   * @param {TrainSettings} settings
   */
  async oneBatch(settings) {
    if (this.#status.state === 'running') return;
    const run = this.#status.state === 'paused' ? this.#run : await this.#prepare(settings, 'paused');
    if (!run || run.loop) return;
    run.loop = this.#guarded(run, async () => {
      this.#slice(run, { batches: 1 });
      await this.#afterSlice(run);
    });
    await run.loop;
    if (this.#isRunning(run)) this.#loopOn(run); // resumed meanwhile
  }

  pause() {
    if (this.#status.state === 'running') this.#tell({ state: 'paused' });
  }

  resume() {
    if (this.#status.state !== 'paused') return;
    this.#tell({ state: 'running' });
    if (this.#run) this.#loopOn(this.#run);
  }

  /** Ends training; the network stays and is tested. */
  async stop() {
    const run = this.#run;
    this.#generation++;
    this.#tell({ state: 'idle', phase: '' });
    await run?.loop;
    if (!run || run !== this.#run || run.testedAt === run.trainer.progress.iteration) return;
    run.loop = this.#guarded(run, () => this.#test(run));
    await run.loop;
    if (run === this.#run) this.#tell({ phase: '' });
  }

  get isRunning() {
    return this.#status.state === 'running';
  }

  /** Nothing was ever asked of it. */
  get isUntouched() {
    return this.#generation === 0;
  }

  /**
   * Another network will answer: ends training without a test. False when a new training was begun while
   * the old one ended: then that one stays.
   */
  async leave() {
    const generation = ++this.#generation;
    await this.#end();
    if (generation !== this.#generation) return false;
    this.#tell({ state: 'idle', phase: '', begun: false, error: null });
    return true;
  }

  /** To the weights that the last epoch ended with, after the loss was no longer a number. */
  goBack() {
    const run = this.#run;
    if (!run || this.#status.state !== 'failed') return;
    run.network.setTensors(run.good);
    this.#tell({ state: 'idle', error: null });
  }

  async #end() {
    const run = this.#run;
    this.#run = null;
    run?.controller.abort();
    await run?.loop;
    run?.trainer.dispose();
  }

  /**
   * Makes a run, or null when something else was begun meanwhile.
   * @param {TrainSettings} settings
   * @param {'running' | 'paused'} state
   * @returns {Promise<Run | null>}
   */
  async #prepare(settings, state) {
    const generation = ++this.#generation;
    this.#tell({ ...nothing(), state, phase: 'loading', epochs: settings.training.epochs });
    const before = this.#preparing;
    const own = before
      .then(() => (generation === this.#generation ? this.#make(settings, generation) : null))
      .catch((error) => {
        if (generation === this.#generation) this.#tell(nothing());
        throw error;
      });
    this.#preparing = own.catch(() => {});
    return own;
  }

  /** @param {TrainSettings} settings @param {number} generation @returns {Promise<Run | null>} */
  async #make(settings, generation) {
    await this.#end();
    const { train, test, dataSet } = await this.#data.load(settings.data);
    if (generation !== this.#generation) return null;
    const { training, seed, recipe } = settings;
    const network = this.#context.engine.createNetwork({ ...settings.network, batch: training.batch, seed });
    let trainer;
    try {
      trainer = network.trainer(train, { ...training, seed });
    } catch (error) {
      network.dispose();
      throw error;
    }
    network.metadata = { recipe, seed: String(seed), loss: training.loss, data_set: dataSet };
    this.#run = {
      settings,
      network,
      trainer,
      test,
      images: train.count,
      controller: new AbortController(),
      loop: null,
      good: network.tensors(),
      testSeconds: NaN,
      testedAt: 0,
    };
    this.#context.adopt(network, this.#describe(this.#run, null));
    this.#tell({ phase: 'training', begun: true, batchesPerEpoch: trainer.progress.batchesPerEpoch });
    return this.#run;
  }

  /** @param {Run} run @param {number | null} accuracy @returns {import('./protocol.js').ModelInfo} */
  #describe({ network, settings }, accuracy) {
    const { cell, activation, hidden, layers } = network.config;
    const { recipe } = settings;
    return {
      name: '',
      origin: 'trained',
      cell,
      activation,
      hidden,
      layers,
      parameters: network.parameterCount,
      accuracy,
      recipe,
      dataSet: dataSetOf(network.metadata),
      sureAbove: null,
    };
  }

  /** @param {Run} run */
  #loopOn(run) {
    if (run.loop) return; // a loop sees by itself that it shall go on
    run.loop = this.#guarded(run, async () => {
      while (this.#isRunning(run)) {
        this.#slice(run, { milliseconds: SLICE_MS });
        await this.#afterSlice(run);
        await nextTask();
      }
    });
  }

  /** @param {Run} run */
  #isRunning(run) {
    return this.#status.state === 'running' && this.#run === run;
  }

  /**
   * Runs what trains or tests; what goes wrong becomes the state 'failed'.
   * @param {Run} run
   * @param {() => Promise<unknown>} work
   */
  async #guarded(run, work) {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof CancelledError))
        this.#tell({ state: 'failed', phase: '', error: toPlainError(error) });
    } finally {
      run.loop = null;
    }
  }

  /** @param {Run} run @param {{milliseconds?: number, batches?: number}} limit */
  #slice(run, limit) {
    const { trainer, settings, images } = run;
    const before = trainer.progress;
    // From here on the weights are others than those that were tested.
    if (before.iteration > 0 && run.testedAt === before.iteration) {
      this.#context.adopt(run.network, this.#describe(run, null));
    }
    const start = performance.now();
    const {
      epoch,
      batch,
      batchesPerEpoch,
      iteration,
      sliceLoss,
      sliceAccuracy,
      images: seen,
    } = trainer.slice(limit);
    const now = ((seen - before.images) * 1000) / Math.max(performance.now() - start, 0.01);
    const { imagesPerSecond: last } = this.#status;
    const imagesPerSecond = last > 0 ? last + SPEED_SMOOTHING * (now - last) : now;
    const { epochs } = settings.training;
    const tests = Number.isNaN(run.testSeconds) ? 0 : (epochs - epoch) * run.testSeconds;
    const secondsLeft = (epochs * images - seen) / imagesPerSecond + tests;
    this.#tell({
      epoch,
      batch,
      batchesPerEpoch,
      iteration,
      sliceLoss,
      sliceAccuracy,
      imagesPerSecond,
      secondsLeft,
    });
  }

  /** At an epoch's end: keeps the weights, tests them, and sees whether training is done. @param {Run} run */
  async #afterSlice(run) {
    const { progress } = run.trainer;
    if (!progress.epochDone) return;
    run.good = run.network.tensors();
    const accuracy = await this.#test(run);
    const { epoch, iteration, loss, done } = progress;
    this.#context.tell(EVENT.EPOCH, { epoch: epoch - 1, iteration, accuracy, loss });
    const { stopAt } = run.settings;
    const reached = stopAt !== null && accuracy >= stopAt;
    if (this.#status.state === 'idle') this.#tell({ phase: '' });
    else if (done || reached) this.#tell({ state: 'done', phase: '', reached, secondsLeft: 0 });
    else this.#tell({ phase: 'training' });
  }

  /** @param {Run} run */
  async #test(run) {
    const start = performance.now();
    const iteration = run.trainer.progress.iteration;
    this.#tell({ phase: 'testing', tested: 0 });
    const { accuracy } = await run.network.evaluate(run.test, {
      sliceMs: SLICE_MS,
      signal: run.controller.signal,
      onProgress: (done, count) => this.#tell({ tested: done / count }),
    });
    run.testSeconds = (performance.now() - start) / 1000;
    run.testedAt = iteration;
    this.#context.adopt(run.network, this.#describe(run, accuracy));
    return accuracy;
  }
}
