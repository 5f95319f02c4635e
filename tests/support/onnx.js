/**
 * Our weights as an ONNX model: the operators LSTM, GRU or RNN, then Squeeze and Gemm. What is used of the format (onnx.proto,
 * github.com/onnx/onnx; field numbers are the format) is below.
 */

import protobuf from 'protobufjs';

const SCHEMA = `
syntax = "proto3";
message Attribute { string name = 1; float f = 2; int64 i = 3; repeated float floats = 7; repeated bytes strings = 9; int32 type = 20; }
message Node { repeated string input = 1; repeated string output = 2; string op_type = 4; repeated Attribute attribute = 5; }
message Tensor { repeated int64 dims = 1; int32 data_type = 2; string name = 8; bytes raw_data = 9; }
message Dimension { int64 dim_value = 1; string dim_param = 2; }
message Shape { repeated Dimension dim = 1; }
message TensorType { int32 elem_type = 1; Shape shape = 2; }
message Type { TensorType tensor_type = 1; }
message ValueInfo { string name = 1; Type type = 2; }
message Graph { repeated Node node = 1; string name = 2; repeated Tensor initializer = 5;
  repeated ValueInfo input = 11; repeated ValueInfo output = 12; }
message OperatorSet { string domain = 1; int64 version = 2; }
message Model { int64 ir_version = 1; string producer_name = 2; Graph graph = 7; repeated OperatorSet opset_import = 8; }
`;
const FLOAT = 1;
const INT64 = 7;
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_FLOATS = 6;
const ATTRIBUTE_STRINGS = 8;

/** The operator of a cell and its order of gates, as places in PyTorch's. @type {Record<string, {opType: string, order: number[]}>} */
const OPERATORS = {
  lstm: { opType: 'LSTM', order: [0, 3, 1, 2] }, // i, o, f, c of i, f, g, o
  'lstm-peephole': { opType: 'LSTM', order: [0, 3, 1, 2] },
  gru: { opType: 'GRU', order: [1, 0, 2] }, // z, r, h of r, z, n
  rnn: { opType: 'RNN', order: [0] },
};
const PEEPHOLES = [0, 2, 1]; // i, o, f of i, f, o

/** @param {ArrayLike<number>} data a block for each gate @param {number[]} order */
function reorder(data, order) {
  const size = data.length / order.length;
  const part = (/** @type {number} */ gate) =>
    Array.prototype.slice.call(data, gate * size, (gate + 1) * size);
  return Float32Array.from(order.flatMap(part));
}

/** What the operator needs to know of the cell. @param {Readonly<Record<string, any>>} config */
function attributes({ cell, activation, hidden }) {
  const size = integer('hidden_size', hidden);
  if (cell === 'gru') return [size, integer('linear_before_reset', 1)];
  if (activation !== 'linear') return [size];
  return [
    size,
    { name: 'activations', strings: [new TextEncoder().encode('Affine')], type: ATTRIBUTE_STRINGS },
    { name: 'activation_alpha', floats: [1], type: ATTRIBUTE_FLOATS },
    { name: 'activation_beta', floats: [0], type: ATTRIBUTE_FLOATS },
  ];
}

/**
 * @param {string} name
 * @param {number[]} dims
 * @param {Float32Array | BigInt64Array} values
 */
function tensor(name, dims, values) {
  const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { name, dims, dataType: values instanceof Float32Array ? FLOAT : INT64, rawData };
}

/** @param {string} name @param {(number | string)[]} sizes */
function valueInfo(name, sizes) {
  const dim = sizes.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: FLOAT, shape: { dim } } } };
}

/** @param {string} name @param {number} i */
function integer(name, i) {
  return { name, i, type: ATTRIBUTE_INT };
}

/**
 * A model that reads `images` [T, B, I] and gives `logits` [B, C] and, when asked to, `states` [T, 1, B, H].
 * @param {import('../../web/lib/index.js').Network} network of one recurrent layer
 * @param {{states?: boolean}} [options]
 * @returns {Uint8Array}
 */
export function toOnnx(network, { states = false } = {}) {
  const { cell, inputs, steps, hidden, classes } = network.config;
  const { opType, order } = OPERATORS[cell];
  const prefix = opType.toLowerCase();
  const tensors = network.tensors();
  const data = (/** @type {string} */ name) => {
    const found = tensors.get(name);
    if (!found) throw new Error(`the network has no ${name}`);
    return found.data;
  };
  const gates = (/** @type {string} */ name) => reorder(data(`${prefix}.${name}_l0`), order);
  const bias = Float32Array.from([...gates('bias_ih'), ...gates('bias_hh')]);
  const hasPeepholes = cell === 'lstm-peephole';
  const recurrent = {
    opType,
    input: ['images', 'w', 'r', 'b', ...(hasPeepholes ? ['', '', '', 'p'] : [])],
    output: [states ? 'states' : '', 'state'],
    attribute: attributes(network.config),
  };
  const squeeze = { opType: 'Squeeze', input: ['state', 'axes'], output: ['h'] };
  const gemm = {
    opType: 'Gemm',
    input: ['h', 'output', 'outputBias'],
    output: ['logits'],
    attribute: [integer('transB', 1)],
  };
  const rows = order.length * hidden;
  const peepholes = hasPeepholes ? reorder(data('lstm.peephole_l0'), PEEPHOLES) : null;
  const graph = {
    name: cell,
    node: [recurrent, squeeze, gemm],
    initializer: [
      tensor('w', [1, rows, inputs], gates('weight_ih')),
      tensor('r', [1, rows, hidden], gates('weight_hh')),
      tensor('b', [1, 2 * rows], bias),
      ...(peepholes ? [tensor('p', [1, 3 * hidden], peepholes)] : []),
      tensor('axes', [1], BigInt64Array.of(0n)),
      tensor('output', [classes, hidden], data('output.weight')),
      tensor('outputBias', [classes], data('output.bias')),
    ],
    input: [valueInfo('images', [steps, 'batch', inputs])],
    output: [
      valueInfo('logits', ['batch', classes]),
      ...(states ? [valueInfo('states', [steps, 1, 'batch', hidden])] : []),
    ],
  };
  const Model = protobuf.parse(SCHEMA).root.lookupType('Model');
  const model = {
    irVersion: 8,
    producerName: 'lstm-wasm',
    graph,
    opsetImport: [{ domain: '', version: 14 }],
  };
  return Model.encode(Model.fromObject(model)).finish();
}
