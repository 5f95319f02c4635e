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
 * One sequence through stacked LSTMs with PyTorch's tensors (gates i, f, g, o; the forget bias is in
 * bias_hh).
 * @param {Tensors} tensors
 * @param {number[][]} rows [T][I]
 * @param {number} layers
 */
export function forward(tensors, rows, layers = 1) {
  const data = (/** @type {string} */ name) => /** @type {any} */ (tensors.get(name)).data;
  let inputs = rows;
  let c = [0];
  for (let l = 0; l < layers; l++) {
    const biasIh = data(`lstm.bias_ih_l${l}`);
    const biasHh = data(`lstm.bias_hh_l${l}`);
    const hidden = biasIh.length / 4;
    let h = new Array(hidden).fill(0);
    c = new Array(hidden).fill(0);
    inputs = inputs.map((x) => {
      const fromX = times(data(`lstm.weight_ih_l${l}`), x);
      const fromH = times(data(`lstm.weight_hh_l${l}`), h);
      const z = fromX.map((value, k) => value + fromH[k] + biasIh[k] + biasHh[k]);
      const gate = (/** @type {number} */ k, /** @type {number} */ u) => z[k * hidden + u];
      c = c.map((last, u) => sigmoid(gate(1, u)) * last + sigmoid(gate(0, u)) * Math.tanh(gate(2, u)));
      h = c.map((value, u) => sigmoid(gate(3, u)) * Math.tanh(value));
      return h;
    });
  }
  const bias = data('output.bias');
  const last = inputs[inputs.length - 1];
  const logits = times(data('output.weight'), last).map((value, k) => value + bias[k]);
  return { logits, hidden: inputs, cell: c };
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
 * @param {number} layers
 */
export function meanLoss(tensors, batch, labels, kind, layers = 1) {
  const losses = batch.map((rows, b) => loss(forward(tensors, rows, layers).logits, labels[b], kind));
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
