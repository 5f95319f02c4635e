/**
 * The weights of a network as files have them: PyTorch's names, shapes and gate order, so that nn.LSTM,
 * nn.GRU, nn.RNN and nn.Linear load a file as it is. PyTorch adds two biases and no constant; here bias_ih_l*
 * is the network's bias and bias_hh_l* holds what is left: an LSTM's constant forget bias (in the forget
 * gate's quarter), a GRU's bias_hn (in n's third), else zeros. That keeps all exactly.
 */

import { FileError } from './errors.js';
import { CELLS_WITH_ACTIVATION, checkNetwork, NETWORK_FIELDS } from './settings.js';

/** @typedef {import('./safetensors.js').Tensor} Tensor */

/** Of the tensors' names, by cell. @type {Readonly<Record<string, string>>} */
const PREFIXES = Object.freeze({
  lstm: 'lstm',
  'lstm-peephole': 'lstm',
  gru: 'gru',
  rnn: 'rnn',
  feedforward: 'feedforward',
});

/** A bias that files have a second one beside. @param {string} name */
const isSplit = (name) => name.includes('.bias_ih_') && !name.startsWith('feedforward.');

/** A GRU's bias of n's share from h, which files have within bias_hh. @param {string} name */
const isWithin = (name) => name.includes('.bias_hn_');

/**
 * What bias_hh is for a network whose own biases are zero.
 * @param {number} length
 * @param {Readonly<Record<string, any>>} config
 */
function constantBias(length, { cell, hidden, forgetBias }) {
  const data = new Float32Array(length);
  if (PREFIXES[cell] === 'lstm') {
    data.fill(Math.fround(forgetBias), hidden, 2 * hidden); // PyTorch's order: i, f, g, o
  }
  return data;
}

/**
 * The network's own tensors (one bias a layer) as a file has them.
 * @param {Map<string, Tensor>} tensors
 * @param {Readonly<Record<string, any>>} config
 */
export function toFileTensors(tensors, config) {
  /** @type {Map<string, Tensor>} */
  const file = new Map();
  for (const [name, tensor] of tensors) {
    if (isWithin(name)) continue;
    file.set(name, tensor);
    if (!isSplit(name)) continue;
    const data = constantBias(tensor.data.length, config);
    const within = tensors.get(name.replace('_ih_', '_hn_'));
    if (within) data.set(within.data, 2 * config.hidden);
    file.set(name.replace('_ih_', '_hh_'), { shape: tensor.shape, data });
  }
  return file;
}

/**
 * The other way: checks all of a file's tensors against the shapes that the network has, then
 * returns the network's own. Throws FileError.
 * @param {Map<string, Tensor>} file
 * @param {Map<string, number[]>} shapes the network's own tensors
 * @param {Readonly<Record<string, any>>} config
 * @param {string} source the file's name, for messages
 * @returns {Map<string, Tensor>}
 */
export function fromFileTensors(file, shapes, config, source) {
  /** @type {Map<string, Tensor>} */
  const tensors = new Map();
  const expected = new Set();
  for (const [name, shape] of shapes) {
    if (isWithin(name)) continue;
    const tensor = checkedTensor(file, name, shape, source);
    tensors.set(name, tensor);
    expected.add(name);
    if (!isSplit(name)) continue;
    const second = name.replace('_ih_', '_hh_');
    expected.add(second);
    const recurrent = checkedTensor(file, second, shape, source).data.slice();
    const within = name.replace('_ih_', '_hn_');
    const withinShape = shapes.get(within);
    if (withinShape) {
      const start = 2 * config.hidden;
      tensors.set(within, { shape: withinShape, data: recurrent.slice(start) });
      recurrent.fill(0, start);
    }
    tensor.data = joinBiases(tensor.data, recurrent, config);
    checkFinite(tensor.data, name, source);
  }
  const extra = [...file.keys()].find((name) => !expected.has(name));
  if (extra !== undefined) {
    throw new FileError(
      'extra-tensor',
      `${source} has a tensor "${extra}" that this network has no place for. Your current model is unchanged.`,
      { name: source, tensor: extra },
    );
  }
  return tensors;
}

/**
 * @param {Float32Array} input
 * @param {Float32Array} recurrent
 * @param {Readonly<Record<string, any>>} config
 */
function joinBiases(input, recurrent, config) {
  const constant = constantBias(input.length, config);
  // Exact for what toFileTensors wrote: x + (c - c) is x.
  return input.map((value, i) => value + (recurrent[i] - constant[i]));
}

/**
 * @param {Map<string, Tensor>} file
 * @param {string} name
 * @param {number[]} shape
 * @param {string} source
 * @returns {Tensor}
 */
function checkedTensor(file, name, shape, source) {
  const tensor = file.get(name);
  if (!tensor) {
    throw new FileError(
      'missing-tensor',
      `${source} lacks the tensor "${name}". Your current model is unchanged.`,
      { name: source, tensor: name },
    );
  }
  if (tensor.shape.join() !== shape.join() || tensor.data.length !== shape.reduce((a, b) => a * b, 1)) {
    throw new FileError(
      'bad-tensor-shape',
      `${source}: tensor "${name}" has the shape [${tensor.shape.join(', ')}]; expected ` +
        `[${shape.join(', ')}]. Your current model is unchanged.`,
      { name: source, tensor: name, expected: shape, found: tensor.shape },
    );
  }
  checkFinite(tensor.data, name, source);
  return { shape: tensor.shape, data: tensor.data };
}

/** @param {Float32Array} data @param {string} name @param {string} source */
function checkFinite(data, name, source) {
  let nothing = 0; // stays so as long as all are finite: NaN and infinity times 0 are NaN
  for (let i = 0; i < data.length; i++) nothing += 0 * data[i];
  if (nothing === 0) return;
  throw new FileError(
    'not-finite',
    `${source}: tensor "${name}" holds NaN or infinite values. Your current model is unchanged.`,
    { name: source, tensor: name },
  );
}

/**
 * @param {Readonly<Record<string, any>>} config
 * @returns {Record<string, string>}
 */
export function configToMetadata(config) {
  const { cell, activation, inputs, steps, hidden, layers, classes, forgetBias } = config;
  return {
    format: 'pt',
    cell,
    ...(CELLS_WITH_ACTIVATION.includes(cell) ? { activation } : {}),
    inputs: String(inputs),
    steps: String(steps),
    hidden: String(hidden),
    layers: String(layers),
    classes: String(classes),
    forget_bias: String(forgetBias),
  };
}

/**
 * The cell whose tensors these are.
 * @param {Map<string, Tensor>} tensors
 */
function cellOfTensors(tensors) {
  if (tensors.has('lstm.peephole_l0')) return 'lstm-peephole';
  return Object.keys(PREFIXES).find((cell) => tensors.has(`${PREFIXES[cell]}.weight_ih_l0`));
}

/**
 * What a file says of its network: metadata where it is ours; else what PyTorch's shapes tell, with no
 * constant forget bias and as many steps as the caller says.
 * @param {Map<string, Tensor>} tensors
 * @param {Record<string, string>} metadata
 * @param {{source: string, steps: number}} options
 */
export function configFromFile(tensors, metadata, { source, steps }) {
  const found = cellOfTensors(tensors);
  const prefix = PREFIXES[found ?? 'lstm'];
  const input = tensors.get(`${prefix}.weight_ih_l0`)?.shape;
  const output = tensors.get('output.weight')?.shape;
  if (!input || !output || input.length !== 2 || output.length !== 2) {
    const missing = input ? 'output.weight' : `${prefix}.weight_ih_l0`;
    throw new FileError(
      'missing-tensor',
      `${source} holds no network of this kind: it lacks "${missing}". Your current model is unchanged.`,
      { name: source, tensor: missing },
    );
  }
  let layers = 1;
  while (tensors.has(`${prefix}.weight_ih_l${layers}`)) layers++;
  const cell = metadata.cell ?? found;
  const rows = Number(metadata.steps ?? steps);
  const config = {
    cell,
    activation: metadata.activation ?? NETWORK_FIELDS.activation.default,
    inputs: Number(metadata.inputs ?? (cell === 'feedforward' ? input[1] / rows : input[1])),
    steps: rows,
    hidden: Number(metadata.hidden ?? output[1]),
    layers: Number(metadata.layers ?? layers),
    classes: Number(metadata.classes ?? output[0]),
    forgetBias: Number(metadata.forget_bias ?? 0),
  };
  const { batch: _batch, seed: _seed, ...fields } = NETWORK_FIELDS;
  return checkNetwork(fields, config, `${source}: `);
}
