/** A network: predicts, evaluates, gives gradients, trains, reads and writes weights. */

import { checkValues, Dataset } from './dataset.js';
import { CancelledError, ConfigError, MemoryError } from './errors.js';
import { changedPixel, differences, gradientFlow, trace } from './inspect.js';
import { writeSafetensors } from './safetensors.js';
import { ACTIVATIONS, CELLS, checkAugment, checkSettings, LOSSES, TRAINING_FIELDS } from './settings.js';
import { nextTask } from './tasks.js';
import { ARRAYS, TensorArrays } from './tensor-arrays.js';
import { Trainer } from './trainer.js';
import { configToMetadata, fromFileTensors, toFileTensors } from './weights.js';

/** @typedef {import('./safetensors.js').Tensor} Tensor */

/**
 * @typedef {object} NetworkConfig
 * @property {string} cell 'lstm', 'lstm-peephole', 'gru', 'rnn', or 'feedforward', which reads all steps at once
 * @property {string} activation of 'rnn' and 'feedforward': 'tanh', 'linear' (y = x) or 'logistic'
 * @property {number} inputs numbers read at each step
 * @property {number} steps
 * @property {number} hidden units of each layer
 * @property {number} layers
 * @property {number} classes
 * @property {number} batch the largest batch that the network has room for
 * @property {number} forgetBias a constant added to the forget gate's input, of the LSTMs
 * @property {number} seed of the initial weights
 */

export class Network {
  #module;
  #handle;
  /** @type {Map<string, Dataset>} for single predictions: made once, filled anew each time */
  #inputs = new Map();

  /**
   * @param {import('./module.js').WasmModule} module
   * @param {NetworkConfig} config checked
   * @param {number} pool address of the threads to run on, 0: none
   */
  constructor(module, config, pool) {
    const { inputs, steps, hidden, layers, classes, batch, forgetBias, seed } = config;
    const kind = [CELLS.indexOf(config.cell), ACTIVATIONS.indexOf(config.activation)];
    const sizes = [...kind, inputs, steps, hidden, layers, classes, batch];
    this.#module = module;
    /** @type {Readonly<NetworkConfig>} */
    this.config = config;
    /** Bytes of memory that the network takes. */
    this.workspaceBytes = module.call('lstm_network_bytes', ...sizes);
    this.#handle = module.create(
      'lstm_network_create',
      () => new MemoryError(`${hidden} hidden units`, this.workspaceBytes, { hidden }),
      pool,
      ...sizes,
      forgetBias,
      seed,
    );
    /** The metadata of the file that it came from. @type {Record<string, string>} */
    this.metadata = {};
  }

  get #address() {
    if (this.#handle === 0) throw new ConfigError('network', 'disposed', 'one that was not disposed');
    return this.#handle;
  }

  get #arrays() {
    return new TensorArrays(this.#module, this.#address);
  }

  /** Trained numbers: 52,610 for the tutorial's network. */
  get parameterCount() {
    let count = 0;
    for (const shape of this.#arrays.shapes.values()) count += shape.reduce((a, b) => a * b, 1);
    return count;
  }

  /**
   * Reads one image.
   * @param {Uint8Array | Float32Array} image steps x inputs values: bytes 0..255 or floats
   */
  predict(image) {
    const { logits, probabilities } = this.#run(image, 1, ['logits', 'probabilities']);
    return { label: indexOfGreatest(logits), probabilities, logits };
  }

  /**
   * From now on predict and evaluate read with weights and activations in 8 bits: faster, and as good as the same to
   * the answers. Training and all that tells of states go on in floats. LSTMs only.
   * @param {boolean} [on] false: floats again
   * @throws {ConfigError} another cell
   */
  quantise(on = true) {
    const { cell } = this.config;
    if (!cell.startsWith('lstm'))
      throw new ConfigError('cell', cell, 'lstm or lstm-peephole, to be quantised');
    this.#module.check('lstm_quantise', this.#address, on ? 1 : 0);
  }

  /**
   * Reads up to config.batch images and gives all that a caller of TensorFlow's dynamic_rnn expects.
   * @param {Uint8Array | Float32Array} images
   * @param {number} [count] default: as many as there are values for
   * @returns {{logits: Float32Array, probabilities: Float32Array, hidden: Float32Array,
   *   finalHidden: Float32Array, finalCell: Float32Array}} [B][C], [B][C], the last layer's states
   *   [B][T][H] (feedforward: T = 1), and [L][B][H] twice (finalCell: zeros where there is no cell state)
   */
  forward(images, count = images.length / (this.config.steps * this.config.inputs)) {
    const names = ['logits', 'probabilities', 'hidden', 'finalHidden', 'finalCell'];
    return /** @type {any} */ (this.#run(images, count, names));
  }

  /**
   * @param {Uint8Array | Float32Array} images
   * @param {number} count
   * @param {string[]} names
   * @returns {Record<string, Float32Array>}
   */
  #run(images, count, names) {
    const { steps, hidden, layers, classes } = this.config;
    const dataset = this.#inputDataset(images, count);
    /** @type {Record<string, number>} */
    const sizes = {
      logits: count * classes,
      probabilities: count * classes,
      hidden: count * (this.config.cell === 'feedforward' ? 1 : steps) * hidden,
      finalHidden: layers * count * hidden,
      finalCell: layers * count * hidden,
    };
    return this.#module.withMemory((allocate) => {
      /** @type {Record<string, number>} addresses in the order of the function's arguments; 0: not wanted */
      const places = { logits: 0, probabilities: 0, hidden: 0, finalHidden: 0, finalCell: 0 };
      for (const name of names) places[name] = allocate(4 * sizes[name]);
      this.#module.check('lstm_predict', this.#address, dataset.handle, ...Object.values(places));
      return Object.fromEntries(
        names.map((name) => [name, this.#module.floats(places[name], sizes[name]).slice()]),
      );
    });
  }

  /**
   * @param {Uint8Array | Float32Array} images
   * @param {number} count
   */
  #inputDataset(images, count) {
    checkValues(images);
    const { steps, inputs, batch } = this.config;
    if (!Number.isInteger(count) || count < 1 || count > batch) {
      throw new ConfigError('count', count, `a whole number from 1 to ${batch}`);
    }
    const size = count * steps * inputs;
    if (images.length !== size) {
      throw new ConfigError('images', `${images.length} values`, `${count} x ${steps} x ${inputs}`);
    }
    const isFloat = images instanceof Float32Array;
    if (isFloat && !images.every(Number.isFinite)) {
      throw new ConfigError('images', 'NaN or infinite values', 'finite numbers');
    }
    const key = `${isFloat ? 'float' : 'byte'} ${count}`;
    let dataset = this.#inputs.get(key);
    if (!dataset) {
      for (const other of this.#inputs.values()) other.dispose();
      this.#inputs.clear();
      const labels = new Uint8Array(count);
      dataset = new Dataset(this.#module, { images, labels, steps, inputs });
      this.#inputs.set(key, dataset);
      return dataset;
    }
    const values = this.#module.call('lstm_dataset_values', dataset.handle);
    if (isFloat) this.#module.floats(values, size).set(images);
    else this.#module.bytes(values, size).set(images);
    return dataset;
  }

  /**
   * Counts the right answers, in slices between which other tasks run.
   * @param {Dataset} dataset
   * @param {object} [options]
   * @param {string} [options.loss] one of LOSSES
   * @param {number} [options.sliceMs] the longest time without a pause for other tasks, about
   * @param {AbortSignal} [options.signal]
   * @param {(done: number, count: number) => void} [options.onProgress]
   * @returns {Promise<{accuracy: number, loss: number, correct: number, count: number,
   *   predictions: Int32Array}>}
   */
  async evaluate(dataset, { loss = LOSSES[0], sliceMs = 30, signal, onProgress } = {}) {
    this.#checkFits(dataset);
    const { loss: kind } = checkSettings({ loss: TRAINING_FIELDS.loss }, { loss });
    const predictions = new Int32Array(dataset.count);
    const sums = [0, 0];
    let slice = this.config.batch;
    for (let first = 0; first < dataset.count;) {
      if (signal?.aborted) throw new CancelledError();
      const start = performance.now();
      const count = Math.min(slice, dataset.count - first);
      this.#evaluateSlice(dataset, LOSSES.indexOf(kind), first, count, sums, predictions);
      first += count;
      const batches = (slice / this.config.batch) * (sliceMs / Math.max(performance.now() - start, 0.1));
      slice = this.config.batch * Math.max(1, Math.floor(batches));
      onProgress?.(first, dataset.count);
      if (first < dataset.count) await nextTask();
    }
    const { count } = dataset;
    return { accuracy: sums[1] / count, loss: sums[0] / count, correct: sums[1], count, predictions };
  }

  /**
   * @param {Dataset} dataset
   * @param {number} loss
   * @param {number} first
   * @param {number} count
   * @param {number[]} sums
   * @param {Int32Array} predictions
   */
  #evaluateSlice(dataset, loss, first, count, sums, predictions) {
    this.#module.withMemory((allocate) => {
      const result = allocate(16);
      const classes = allocate(4 * count);
      this.#module.doubles(result, 2).set(sums);
      const args = [this.#address, dataset.handle, loss, first, count, result, classes];
      this.#module.check('lstm_evaluate', ...args);
      [sums[0], sums[1]] = this.#module.doubles(result, 2);
      predictions.set(this.#module.integers(classes, count), first);
    });
  }

  /**
   * The gradients of the mean loss over up to config.batch images. The tensors are named as the
   * weights; a layer has one bias, whose gradient is that of both of PyTorch's.
   * @param {Uint8Array | Float32Array} images
   * @param {ArrayLike<number>} labels
   * @param {{loss?: string}} [options]
   * @returns {{loss: number, correct: number, tensors: Map<string, Tensor>}}
   */
  gradients(images, labels, { loss = LOSSES[0] } = {}) {
    const { steps, inputs, classes, batch } = this.config;
    const { loss: kind } = checkSettings({ loss: TRAINING_FIELDS.loss }, { loss });
    const dataset = new Dataset(this.#module, { images, labels, steps, inputs, classes });
    try {
      if (dataset.count > batch) throw new ConfigError('count', dataset.count, `at most ${batch}`);
      return this.#module.withMemory((allocate) => {
        const result = allocate(16);
        const index = LOSSES.indexOf(kind);
        this.#module.check('lstm_gradients', this.#address, dataset.handle, index, result);
        const [sum, correct] = this.#module.doubles(result, 2);
        return { loss: sum / dataset.count, correct, tensors: this.#arrays.read(ARRAYS.gradients) };
      });
    } finally {
      dataset.dispose();
    }
  }

  /**
   * What goes on inside while it reads an image.
   * @param {Uint8Array | Float32Array} image
   * @returns {import('./inspect.js').Trace}
   */
  trace(image) {
    return trace(this.#module, this.#address, this.#inputDataset(image, 1), this.config);
  }

  /**
   * Where the gradient goes: for each row the norms of dL/dh_t, dL/dc_t and dL/dx_t, exact, by
   * back-propagation through time, as means over up to config.batch images, each with its own loss.
   * @param {Uint8Array | Float32Array} images
   * @param {ArrayLike<number>} labels
   * @param {{loss?: string}} [options]
   * @returns {import('./inspect.js').GradientFlow}
   */
  gradientFlow(images, labels, { loss = LOSSES[0] } = {}) {
    const { steps, inputs, classes, batch } = this.config;
    const { loss: kind } = checkSettings({ loss: TRAINING_FIELDS.loss }, { loss });
    const dataset = new Dataset(this.#module, { images, labels, steps, inputs, classes });
    try {
      if (dataset.count > batch) throw new ConfigError('count', dataset.count, `at most ${batch}`);
      return gradientFlow(this.#module, this.#address, dataset, LOSSES.indexOf(kind), this.config);
    } finally {
      dataset.dispose();
    }
  }

  /**
   * What a change of one pixel in one row does to every later state, and to the answer.
   * @param {Uint8Array | Float32Array} image
   * @param {number} row from 0
   * @param {number} column from 0
   * @param {{value?: number}} [options] the pixel's new value; default: ink, 255 or 1
   * @returns {import('./inspect.js').Sensitivity}
   */
  sensitivity(image, row, column, { value = image instanceof Float32Array ? 1 : 255 } = {}) {
    const changed = changedPixel(image, row, column, value, this.config);
    const at = row * this.config.inputs + column;
    const states = differences(this.trace(image), this.trace(changed), this.config);
    return { before: image[at], after: changed[at], ...states };
  }

  /**
   * Prepares training; see Trainer.
   * @param {Dataset} dataset kept by the trainer: dispose of the trainer first
   * @param {Partial<import('./trainer.js').TrainingOptions> &
   *   {augment?: Readonly<Record<string, number>> | null}} [options] augment: how images are distorted each
   *   time they are read (AUGMENT_FIELDS)
   */
  trainer(dataset, { augment, ...options } = {}) {
    this.#checkFits(dataset);
    const checked = checkSettings(TRAINING_FIELDS, {
      batch: Math.min(this.config.batch, /** @type {number} */ (TRAINING_FIELDS.batch.default)),
      ...options,
    });
    if (checked.batch > this.config.batch) {
      throw new ConfigError('batch', checked.batch, `at most ${this.config.batch}, the network's batch`);
    }
    const training = /** @type {import('./trainer.js').TrainingOptions} */ (checked);
    return new Trainer(this.#module, this.#address, dataset, training, checkAugment(augment));
  }

  /** @param {Dataset} dataset */
  #checkFits(dataset) {
    const { steps, inputs, classes } = this.config;
    if (dataset.steps !== steps || dataset.inputs !== inputs || dataset.classes > classes) {
      const found = `${dataset.steps} x ${dataset.inputs}, ${dataset.classes} classes`;
      throw new ConfigError('dataset', found, `${steps} x ${inputs}, at most ${classes} classes`);
    }
  }

  /**
   * All weights with PyTorch's names, shapes and gate order (i, f, g, o); copies.
   * @returns {Map<string, Tensor>}
   */
  tensors() {
    return toFileTensors(this.#arrays.read(ARRAYS.parameters), this.config);
  }

  /**
   * Replaces all weights, after checking all of them, and starts the optimiser anew.
   * @param {Map<string, Tensor>} tensors as tensors() gives them
   * @param {{source?: string}} [options] source: where they come from, for messages
   * @throws {import('./errors.js').FileError} a tensor is missing, extra, of another shape or not finite
   */
  setTensors(tensors, { source = 'The weights' } = {}) {
    const arrays = this.#arrays;
    arrays.replace(fromFileTensors(tensors, arrays.shapes, this.config, source));
  }

  /**
   * The network as a safetensors file that PyTorch's nn.LSTM and nn.Linear load as it is.
   * @param {{metadata?: Record<string, string>, precision?: string}} [options] metadata: put beside the
   *   configuration; precision: 'single' or 'half', 16 bits a number
   */
  toSafetensors({ metadata = this.metadata, precision = 'single' } = {}) {
    const about = { ...metadata, ...configToMetadata(this.config) };
    return writeSafetensors(this.tensors(), about, { precision });
  }

  /** Frees its memory. Dispose of its trainers first. */
  dispose() {
    for (const dataset of this.#inputs.values()) dataset.dispose();
    this.#inputs.clear();
    if (this.#handle !== 0) this.#module.call('lstm_network_destroy', this.#handle);
    this.#handle = 0;
  }
}

/** @param {Float32Array} values */
function indexOfGreatest(values) {
  return values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
}
