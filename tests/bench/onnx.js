/**
 * Our weights as an ONNX model: the operators LSTM, Squeeze and Gemm. What is used of the format (onnx.proto,
 * github.com/onnx/onnx; field numbers are the format) is below.
 */

import protobuf from 'protobufjs';

const SCHEMA = `
syntax = "proto3";
message Attribute { string name = 1; float f = 2; int64 i = 3; int32 type = 20; }
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

/** The order of gates: PyTorch's i, f, g, o as ONNX's i, o, f, c. */
const GATES = [0, 3, 1, 2];

/** @param {ArrayLike<number>} data [4 H, n] or [4 H] */
function toOnnxGates(data) {
  const quarter = data.length / 4;
  const part = (/** @type {number} */ gate) =>
    Array.prototype.slice.call(data, gate * quarter, (gate + 1) * quarter);
  return Float32Array.from(GATES.flatMap(part));
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
 * A model that reads `images` [T, B, I] and gives `logits` [B, C].
 * @param {import('../../web/lib/index.js').Network} network of one layer
 * @returns {Uint8Array}
 */
export function toOnnx(network) {
  const { inputs, steps, hidden, classes } = network.config;
  const tensors = network.tensors();
  const data = (/** @type {string} */ name) => {
    const found = tensors.get(name);
    if (!found) throw new Error(`the network has no ${name}`);
    return found.data;
  };
  const gates = (/** @type {string} */ name) => toOnnxGates(data(name));
  const bias = Float32Array.from([...gates('lstm.bias_ih_l0'), ...gates('lstm.bias_hh_l0')]);
  const lstm = {
    opType: 'LSTM',
    input: ['images', 'w', 'r', 'b'],
    output: ['', 'state'],
    attribute: [integer('hidden_size', hidden)],
  };
  const squeeze = { opType: 'Squeeze', input: ['state', 'axes'], output: ['h'] };
  const gemm = {
    opType: 'Gemm',
    input: ['h', 'output', 'outputBias'],
    output: ['logits'],
    attribute: [integer('transB', 1)],
  };
  const graph = {
    name: 'lstm',
    node: [lstm, squeeze, gemm],
    initializer: [
      tensor('w', [1, 4 * hidden, inputs], gates('lstm.weight_ih_l0')),
      tensor('r', [1, 4 * hidden, hidden], gates('lstm.weight_hh_l0')),
      tensor('b', [1, 8 * hidden], bias),
      tensor('axes', [1], BigInt64Array.of(0n)),
      tensor('output', [classes, hidden], data('output.weight')),
      tensor('outputBias', [classes], data('output.bias')),
    ],
    input: [valueInfo('images', [steps, 'batch', inputs])],
    output: [valueInfo('logits', ['batch', classes])],
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
