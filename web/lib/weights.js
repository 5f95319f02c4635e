/**
 * The weights of a network as files have them: PyTorch's names, shapes and gate order, so that nn.LSTM
 * and nn.Linear load a file as it is. PyTorch adds two biases and no constant; here bias_ih_l* is the
 * network's bias and bias_hh_l* the constant forget bias (in the forget gate's quarter), which keeps
 * both exactly.
 */

import { FileError } from './errors.js';
import { checkSettings, NETWORK_FIELDS } from './settings.js';

/** @typedef {import('./safetensors.js').Tensor} Tensor */

/**
 * @param {number} hidden
 * @param {number} forgetBias
 */
function constantBias(hidden, forgetBias) {
  const data = new Float32Array(4 * hidden);
  data.fill(forgetBias, hidden, 2 * hidden); // PyTorch's order: i, f, g, o
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
    file.set(name, tensor);
    if (name.startsWith('lstm.bias_ih_')) {
      const data = constantBias(config.hidden, Math.fround(config.forgetBias));
      file.set(name.replace('_ih_', '_hh_'), { shape: tensor.shape, data });
    }
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
    const tensor = checkedTensor(file, name, shape, source);
    expected.add(name);
    if (name.startsWith('lstm.bias_ih_')) {
      const second = name.replace('_ih_', '_hh_');
      expected.add(second);
      tensor.data = joinBiases(tensor.data, checkedTensor(file, second, shape, source).data, config);
      checkFinite(tensor.data, name, source);
    }
    tensors.set(name, tensor);
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
  const constant = constantBias(config.hidden, Math.fround(config.forgetBias));
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
  if (data.every(Number.isFinite)) return;
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
  const { cell, inputs, steps, hidden, layers, classes, forgetBias } = config;
  return {
    format: 'pt',
    cell,
    inputs: String(inputs),
    steps: String(steps),
    hidden: String(hidden),
    layers: String(layers),
    classes: String(classes),
    forget_bias: String(forgetBias),
  };
}

/**
 * What a file says of its network: metadata where it is ours; else what PyTorch's shapes tell, with no
 * constant forget bias and as many steps as the caller says.
 * @param {Map<string, Tensor>} tensors
 * @param {Record<string, string>} metadata
 * @param {{source: string, steps: number}} options
 */
export function configFromFile(tensors, metadata, { source, steps }) {
  const input = tensors.get('lstm.weight_ih_l0')?.shape;
  const output = tensors.get('output.weight')?.shape;
  if (!input || !output || input.length !== 2 || output.length !== 2) {
    throw new FileError(
      'missing-tensor',
      `${source} holds no network of this kind: it lacks ` +
        `"${input ? 'output.weight' : 'lstm.weight_ih_l0'}". Your current model is unchanged.`,
      { name: source, tensor: input ? 'output.weight' : 'lstm.weight_ih_l0' },
    );
  }
  let layers = 1;
  while (tensors.has(`lstm.weight_ih_l${layers}`)) layers++;
  const config = {
    cell: metadata.cell ?? 'lstm',
    inputs: Number(metadata.inputs ?? input[1]),
    steps: Number(metadata.steps ?? steps),
    hidden: Number(metadata.hidden ?? output[1]),
    layers: Number(metadata.layers ?? layers),
    classes: Number(metadata.classes ?? output[0]),
    forgetBias: Number(metadata.forget_bias ?? 0),
  };
  const { batch: _batch, seed: _seed, ...fields } = NETWORK_FIELDS;
  return checkSettings(fields, config, `${source}: `);
}
