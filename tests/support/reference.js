/** The network once more, written out in double precision and as plainly as can be: what tests compare with. */

/** @typedef {Map<string, {shape: number[], data: ArrayLike<number>}>} Tensors */

const sigmoid = (/** @type {number} */ x) => 1 / (1 + Math.exp(-x));

/** @param {number[]} z */
export function softmax(z) {
  const greatest = Math.max(...z);
  const e = z.map((x) => Math.exp(x - greatest));
  const sum = e.reduce((a, b) => a + b);
  return e.map((x) => x / sum);
}

/** matrix [n, m] (row by row) times x [m]. @param {ArrayLike<number>} matrix @param {number[]} x */
function times(matrix, x) {
  const rows = matrix.length / x.length;
  return Array.from({ length: rows }, (_, r) =>
    x.reduce((sum, value, c) => sum + matrix[r * x.length + c] * value, 0),
  );
}

/**
 * @typedef {object} Config
 * @property {string} cell
 * @property {string} [activation]
 * @property {number} [layers]
 */

/**
 * Called with every state as it comes about, layer by layer and step by step; what it returns is taken instead.
 * @typedef {(kind: 'hidden' | 'cell', layer: number, t: number, state: number[]) => number[]} Nudge
 */

/** @type {Record<string, (x: number) => number>} */
const ACTIVATIONS = { tanh: Math.tanh, linear: (x) => x, logistic: sigmoid };

/** Blocks of H rows in a weight matrix. @type {Record<string, number>} */
const GATES = { lstm: 4, gru: 3, rnn: 1, feedforward: 1 };

/** The gates' sums of x and of h, with both of PyTorch's biases. */
class Sums {
  /** @param {Tensors} tensors @param {string} prefix @param {number} layer */
  constructor(tensors, prefix, layer) {
    const data = (/** @type {string} */ name) => tensors.get(`${prefix}.${name}_l${layer}`)?.data;
    this.weightIh = /** @type {ArrayLike<number>} */ (data('weight_ih'));
    this.weightHh = data('weight_hh');
    this.biasIh = /** @type {ArrayLike<number>} */ (data('bias_ih'));
    this.biasHh = data('bias_hh');
    this.peephole = data('peephole');
  }

  /** @param {number[]} x */
  ofX(x) {
    return times(this.weightIh, x).map((sum, k) => sum + this.biasIh[k]);
  }

  /** @param {number[]} h */
  ofH(h) {
    const { weightHh, biasHh } = this;
    return weightHh && biasHh ? times(weightHh, h).map((sum, k) => sum + biasHh[k]) : [];
  }
}

/**
 * One step of a cell.
 * @param {Sums} sums
 * @param {Config} config
 * @param {number[]} x
 * @param {{h: number[], c: number[]}} last
 * @param {(c: number[]) => number[]} nudgeCell
 * @returns {{h: number[], c: number[], signals: Record<string, number[]>}}
 */
function stepOf(sums, { cell, activation = 'tanh' }, x, last, nudgeCell) {
  const size = last.h.length;
  const fromX = sums.ofX(x);
  const fromH = sums.ofH(last.h);
  const both = (/** @type {number} */ gate, /** @type {number} */ u) =>
    fromX[gate * size + u] + (fromH[gate * size + u] ?? 0);
  const units = (/** @type {(u: number) => number} */ f) => Array.from({ length: size }, (_, u) => f(u));
  if (cell === 'gru') {
    const reset = units((u) => sigmoid(both(0, u)));
    const update = units((u) => sigmoid(both(1, u)));
    const candidate = units((u) => Math.tanh(fromX[2 * size + u] + reset[u] * fromH[2 * size + u]));
    const h = units((u) => (1 - update[u]) * candidate[u] + update[u] * last.h[u]);
    return { h, c: last.c, signals: { reset, update, candidate } };
  }
  if (!cell.startsWith('lstm')) {
    return { h: units((u) => ACTIVATIONS[activation](both(0, u))), c: last.c, signals: {} };
  }
  const peephole = (/** @type {number} */ gate, /** @type {number} */ u) =>
    sums.peephole ? sums.peephole[gate * size + u] : 0;
  const input = units((u) => sigmoid(both(0, u) + peephole(0, u) * last.c[u]));
  const forget = units((u) => sigmoid(both(1, u) + peephole(1, u) * last.c[u]));
  const candidate = units((u) => Math.tanh(both(2, u)));
  const c = nudgeCell(units((u) => forget[u] * last.c[u] + input[u] * candidate[u]));
  const output = units((u) => sigmoid(both(3, u) + peephole(2, u) * c[u]));
  const h = units((u) => output[u] * Math.tanh(c[u]));
  return { h, c, signals: { input, forget, output, candidate, cell: c } };
}

/**
 * One sequence through stacked cells, with the tensors as files have them.
 * @param {Tensors} tensors
 * @param {number[][]} rows [T][I]
 * @param {Config} config
 * @param {Nudge} [nudge]
 */
export function forward(tensors, rows, config, nudge = (_kind, _layer, _t, state) => state) {
  const prefix = config.cell.startsWith('lstm') ? 'lstm' : config.cell;
  /** @type {Record<string, number[]>[][]} [L][T] */
  const signals = [];
  let inputs = config.cell === 'feedforward' ? [rows.flat()] : rows;
  let c = [0];
  for (let l = 0; l < (config.layers ?? 1); l++) {
    const sums = new Sums(tensors, prefix, l);
    const size = times(sums.weightIh, inputs[0]).length / GATES[prefix];
    let state = { h: new Array(size).fill(0), c: new Array(size).fill(0) };
    signals.push([]);
    inputs = inputs.map((x, t) => {
      const made = stepOf(sums, config, x, state, (value) => nudge('cell', l, t, value));
      state = { h: nudge('hidden', l, t, made.h), c: made.c };
      signals[l].push({ ...made.signals, hidden: state.h });
      return state.h;
    });
    c = state.c;
  }
  const weight = /** @type {any} */ (tensors.get('output.weight')).data;
  const bias = /** @type {any} */ (tensors.get('output.bias')).data;
  const answer = (/** @type {number[]} */ h) => times(weight, h).map((value, k) => value + bias[k]);
  return {
    logits: answer(inputs[inputs.length - 1]),
    answers: inputs.map(answer),
    hidden: inputs,
    cell: c,
    signals,
  };
}

/** @param {number[]} logits @param {number} label @param {string} kind */
export function loss(logits, label, kind) {
  const p = softmax(logits);
  return -Math.log((kind === 'double-softmax' ? softmax(p) : p)[label]);
}

/**
 * The mean loss over a batch.
 * @param {Tensors} tensors
 * @param {number[][][]} batch [B][T][I]
 * @param {number[]} labels
 * @param {string} kind
 * @param {Config} config
 */
export function meanLoss(tensors, batch, labels, kind, config) {
  const losses = batch.map((rows, b) => loss(forward(tensors, rows, config).logits, labels[b], kind));
  return losses.reduce((a, b) => a + b) / losses.length;
}

/**
 * dLoss/d(each element of a tensor) by central differences.
 * @param {() => number} evaluate
 * @param {Float64Array} data the tensor's values; put back after
 */
export function centralDifferences(evaluate, data) {
  const step = 1e-5;
  return data.map((value, i) => {
    data[i] = value + step;
    const above = evaluate();
    data[i] = value - step;
    const below = evaluate();
    data[i] = value;
    return (above - below) / (2 * step);
  });
}
