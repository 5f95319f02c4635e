/** What goes on inside a network: activations row by row, where the gradient goes, what one pixel does. */

import { ConfigError } from './errors.js';

/** @typedef {import('./module.js').WasmModule} WasmModule */
/** @typedef {import('./dataset.js').Dataset} Dataset */
/** @typedef {Readonly<import('./network.js').NetworkConfig>} Config */

/**
 * @typedef {object} Trace
 * @property {number} steps that the network makes: config.steps, or 1 for a feedforward network
 * @property {Float32Array} probabilities [steps][C]: the answer if the reading stopped there
 * @property {Record<string, Float32Array>[]} layers each [steps][H]; LSTMs: input, forget, output (the
 *   gates), candidate, cell, hidden; gru: reset, update, candidate, hidden; others: hidden
 */

/**
 * @typedef {object} GradientFlow
 * @property {number} loss mean, nats
 * @property {Float64Array} input [T]: |dL/dx_t|
 * @property {{hidden: Float64Array, cell: Float64Array | null,
 *   halfLife: {hidden: number | null, cell: number | null}}[]} layers |dL/dh_t| and |dL/dc_t| for each
 *   step, by every way that leads from there to the loss; halfLife: see halfLife()
 */

/**
 * @typedef {object} Sensitivity
 * @property {number} before the pixel's value
 * @property {number} after
 * @property {{hidden: Float64Array, cell: Float64Array | null}[]} layers the norms of the change of h_t and
 *   of c_t, for each step
 * @property {{before: Float32Array, after: Float32Array}} probabilities of the classes, at the end
 */

/** Steps that the network makes. @param {Config} config */
const stepsOf = ({ cell, steps }) => (cell === 'feedforward' ? 1 : steps);

/** @param {WasmModule} module @param {number} network address */
function signalNames(module, network) {
  /** @type {string[]} */
  const names = [];
  for (;;) {
    const name = module.string(module.call('lstm_signal_name', network, names.length));
    if (name === '') return names;
    names.push(name);
  }
}

/**
 * @param {WasmModule} module
 * @param {number} network address
 * @param {Dataset} dataset one image
 * @param {Config} config
 * @returns {Trace}
 */
export function trace(module, network, dataset, config) {
  const { hidden, layers, classes } = config;
  const steps = stepsOf(config);
  const names = signalNames(module, network);
  const size = steps * hidden;
  return module.withMemory((allocate) => {
    const signals = allocate(4 * layers * names.length * size);
    const probabilities = allocate(4 * steps * classes);
    module.check('lstm_trace', network, dataset.handle, signals, probabilities);
    const read = (/** @type {number} */ i) => module.floats(signals + 4 * i * size, size).slice();
    return {
      steps,
      probabilities: module.floats(probabilities, steps * classes).slice(),
      layers: Array.from({ length: layers }, (_, l) =>
        Object.fromEntries(names.map((name, s) => [name, read(l * names.length + s)])),
      ),
    };
  });
}

/**
 * @param {WasmModule} module
 * @param {number} network address
 * @param {Dataset} dataset
 * @param {number} loss
 * @param {Config} config
 * @returns {GradientFlow}
 */
export function gradientFlow(module, network, dataset, loss, config) {
  const { layers } = config;
  const steps = stepsOf(config);
  return module.withMemory((allocate) => {
    const sizes = [layers * steps, layers * steps, config.steps, 1];
    const places = sizes.map((size) => allocate(8 * size));
    module.check('lstm_gradient_flow', network, dataset.handle, loss, ...places);
    const [hidden, cell, input, sum] = places.map((place, i) =>
      module
        .doubles(place, sizes[i])
        .slice()
        .map((value) => value / dataset.count),
    );
    const hasCell = config.cell.startsWith('lstm');
    return {
      loss: sum[0],
      input,
      layers: Array.from({ length: layers }, (_, l) => {
        const own = (/** @type {Float64Array} */ all) => all.slice(l * steps, (l + 1) * steps);
        return {
          hidden: own(hidden),
          cell: hasCell ? own(cell) : null,
          halfLife: { hidden: halfLife(own(hidden)), cell: hasCell ? halfLife(own(cell)) : null },
        };
      }),
    };
  });
}

/**
 * How many steps back from the last a norm has fallen to half: where it first does, between two steps along
 * a line of its logarithm. Infinity: it never does; null: there is one step, or no gradient at all.
 * @param {ArrayLike<number>} norms of the steps
 * @returns {number | null}
 */
export function halfLife(norms) {
  const last = norms.length - 1;
  if (last < 1 || !(norms[last] > 0)) return null;
  const half = norms[last] / 2;
  for (let t = last - 1; t >= 0; t--) {
    if (norms[t] <= half) {
      const share = norms[t] > 0 ? Math.log(norms[t + 1] / half) / Math.log(norms[t + 1] / norms[t]) : 1;
      return last - (t + 1) + share;
    }
  }
  return Infinity;
}

/**
 * A copy of the image with one pixel changed.
 * @template {Uint8Array | Float32Array} T
 * @param {T} image
 * @param {number} row
 * @param {number} column
 * @param {number} value
 * @param {Config} config
 * @returns {T}
 */
export function changedPixel(image, row, column, value, { steps, inputs }) {
  const ranges = { row: [row, steps], column: [column, inputs] };
  for (const [name, [found, count]] of Object.entries(ranges)) {
    if (!Number.isInteger(found) || found < 0 || found >= count) {
      throw new ConfigError(name, found, `a whole number from 0 to ${count - 1}`);
    }
  }
  const isFloat = image instanceof Float32Array;
  if (!Number.isFinite(value) || (!isFloat && (value < 0 || value > 255))) {
    throw new ConfigError('value', value, isFloat ? 'a finite number' : 'a number from 0 to 255');
  }
  const changed = /** @type {T} */ (image.slice());
  changed[row * inputs + column] = value;
  return changed;
}

/**
 * The norms of b - a, step by step.
 * @param {Float32Array} a [steps][H]
 * @param {Float32Array} b
 * @param {number} hidden
 */
function stepNorms(a, b, hidden) {
  return Float64Array.from({ length: a.length / hidden }, (_, t) => {
    let squares = 0;
    for (let i = t * hidden; i < (t + 1) * hidden; i++) squares += (b[i] - a[i]) ** 2;
    return Math.sqrt(squares);
  });
}

/**
 * @param {Trace} before
 * @param {Trace} after
 * @param {Config} config
 * @returns {Pick<Sensitivity, 'layers' | 'probabilities'>}
 */
export function differences(before, after, { hidden, classes }) {
  return {
    layers: before.layers.map((a, l) => ({
      hidden: stepNorms(a.hidden, after.layers[l].hidden, hidden),
      cell: a.cell ? stepNorms(a.cell, after.layers[l].cell, hidden) : null,
    })),
    probabilities: {
      before: before.probabilities.slice(-classes),
      after: after.probabilities.slice(-classes),
    },
  };
}
