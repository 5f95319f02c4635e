/** IDX, gzip and safetensors files: good ones read back exactly, bad ones refused with a clear message. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import {
  ConfigError,
  FileError,
  loadEngine,
  parseIdx,
  readIdx,
  readLabelledImages,
  readSafetensors,
  writeSafetensors,
} from '../web/lib/index.js';
import { floatToHalf, halfToFloat } from '../web/lib/safetensors.js';

/** @param {number[]} sizes @param {number[]} values */
function idx(sizes, values, type = 8) {
  const header = [0, 0, type, sizes.length];
  for (const size of sizes) header.push(size >>> 24, (size >>> 16) & 255, (size >>> 8) & 255, size & 255);
  return Uint8Array.from([...header, ...values]);
}

/** @param {string} code @param {RegExp} message */
const fails = (code, message) => (/** @type {any} */ error) => {
  assert.ok(error instanceof FileError, `${error} is not a FileError`);
  assert.equal(error.code, code, error.message);
  assert.match(error.message, message);
  return true;
};

test('IDX: plain and gzip, images and labels', async () => {
  const bytes = idx([2, 1, 3], [1, 2, 3, 4, 5, 6]);
  for (const file of [bytes, gzipSync(bytes)]) {
    const { kind, sizes, values } = await readIdx(new Uint8Array(file));
    assert.deepEqual(
      { kind, sizes, values: [...values] },
      { kind: 'images', sizes: [2, 1, 3], values: [1, 2, 3, 4, 5, 6] },
    );
  }
  assert.equal(parseIdx(idx([3], [0, 1, 2])).kind, 'labels');
});

test('IDX: truncated, mislabelled and oversized files', async () => {
  const whole = idx([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
  assert.throws(
    () => parseIdx(whole.subarray(0, 20), 'a'),
    fails('truncated-idx', /a has 20 bytes; its header announces 24/),
  );
  assert.throws(() => parseIdx(whole.subarray(0, 9), 'a'), fails('truncated-idx', /a has 9 bytes/));
  assert.throws(
    () => parseIdx(Uint8Array.from([...whole, 0]), 'a'),
    fails('truncated-idx', /a has 25 bytes/),
  );
  assert.throws(() => parseIdx(new Uint8Array(0), 'a'), fails('not-idx', /starts with nothing/));
  assert.throws(
    () => parseIdx(Uint8Array.from([137, 80, 78, 71, 1, 1, 1, 1]), 'cat.png'),
    fails('not-idx', /cat\.png.*137 80 78 71/),
  );
  assert.throws(() => parseIdx(idx([2], [0, 0, 0, 0], 9), 'a'), fails('not-idx', /bytes/));
  assert.throws(() => parseIdx(idx([2, 2], [1, 2, 3, 4]), 'a'), fails('wrong-idx-kind', /2 dimensions/));
  assert.throws(() => parseIdx(idx([0], [0, 0]), 'a'), fails('truncated-idx', /announces 8/));
  assert.throws(
    () => parseIdx(idx([0xffffffff, 0xffffffff, 28], []), 'a'),
    fails('too-large', /over 1073741824 bytes/),
  );
  const file = (/** @type {Uint8Array} */ bytes, /** @type {string} */ name) => ({ bytes, name });
  const labels = idx([2], [1, 2]);
  await assert.rejects(
    readLabelledImages(file(labels, 'x'), file(whole, 'y')),
    fails('wrong-idx-kind', /x holds labels; expected images/),
  );
  await assert.rejects(
    readLabelledImages(file(whole, 'x'), file(whole, 'y')),
    fails('wrong-idx-kind', /y holds images; expected labels/),
  );
  await assert.rejects(
    readLabelledImages(file(whole, 'x'), file(idx([3], [1, 2, 3]), 'y')),
    fails('idx-mismatch', /2 images.*3 labels/),
  );
  await assert.rejects(
    readLabelledImages(file(whole, 'x'), file(idx([2], [1, 12]), 'y')),
    fails('bad-label', /label 1 is 12; expected 0 to 9/),
  );
});

test('gzip: truncated, damaged, and one that unzips to more than a gigabyte', async () => {
  const zipped = new Uint8Array(gzipSync(idx([100], new Array(100).fill(1))));
  await assert.rejects(
    readIdx(zipped.subarray(0, zipped.length - 9), 'a.gz'),
    fails('bad-gzip', /a\.gz is a damaged gzip/),
  );
  const damaged = zipped.slice();
  damaged[damaged.length - 6] ^= 255;
  await assert.rejects(readIdx(damaged, 'a.gz'), fails('bad-gzip', /damaged/));
  // Gzip members follow each other: 65 of 16 MiB of zeros, a file of one megabyte.
  const member = gzipSync(Buffer.alloc(2 ** 24));
  const bomb = new Uint8Array(Buffer.concat(new Array(65).fill(member)));
  await assert.rejects(readIdx(bomb, 'bomb.gz'), fails('too-large', /bomb\.gz is too large/));
});

const SHAPE = { inputs: 3, steps: 4, hidden: 5, classes: 4, batch: 2 };

async function smallNetwork() {
  const engine = await loadEngine();
  return { engine, network: engine.createNetwork({ ...SHAPE, seed: 5 }) };
}

test('safetensors: saved, loaded, and saved again: the same bytes and the same probabilities', async () => {
  const { engine, network } = await smallNetwork();
  const image = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i));
  const dataset = engine.createDataset({ images: image, labels: [1], steps: 4, inputs: 3, classes: 4 });
  network.trainer(dataset, { batch: 1, epochs: 9, learningRate: 0.1 }).slice({ batches: 1 });
  const bytes = network.toSafetensors({ metadata: { recipe: 'test' } });
  const again = engine.openNetwork(bytes);
  assert.equal(again.metadata.recipe, 'test');
  assert.deepEqual(again.toSafetensors(), bytes);
  assert.deepEqual(again.predict(image), network.predict(image));
  const { cell, inputs, steps, hidden, layers, classes, forgetBias } = again.config;
  assert.deepEqual(
    { cell, inputs, steps, hidden, layers, classes, forgetBias },
    { cell: 'lstm', inputs: 3, steps: 4, hidden: 5, layers: 1, classes: 4, forgetBias: 1 },
  );
});

test("safetensors: PyTorch's names, shapes and gate order, the forget bias folded in", async () => {
  const { network } = await smallNetwork();
  const { tensors } = readSafetensors(network.toSafetensors());
  const shapes = Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]));
  assert.deepEqual(shapes, {
    'lstm.weight_ih_l0': [20, 3],
    'lstm.weight_hh_l0': [20, 5],
    'lstm.bias_ih_l0': [20],
    'lstm.bias_hh_l0': [20],
    'output.weight': [4, 5],
    'output.bias': [4],
  });
  const bias = /** @type {any} */ (tensors.get('lstm.bias_hh_l0')).data;
  assert.deepEqual([...bias], [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
});

test('safetensors: a file of PyTorch, without our metadata, in half precision too', async () => {
  const { engine, network } = await smallNetwork();
  const tensors = network.tensors();
  const image = new Float32Array(12).fill(0.5);
  const foreign = engine.openNetwork(writeSafetensors(tensors), { steps: 4 });
  assert.equal(foreign.config.forgetBias, 0);
  const [a, b] = [foreign.predict(image).logits, network.predict(image).logits];
  a.forEach((value, i) => assert.ok(Math.abs(value - b[i]) < 1e-6));

  const half = writeSafetensors(tensors, {}, { precision: 'half' });
  const rounded = engine.openNetwork(half, { steps: 4 }).predict(image).logits;
  rounded.forEach((value, i) => assert.ok(Math.abs(value - b[i]) < 1e-3, `${value}, ${b[i]}`));
});

test('half precision: every number comes back, others are rounded to the nearest, ties to even', () => {
  const finite = Array.from({ length: 0x7c00 }, (_, bits) => bits);
  for (const bits of finite) {
    for (const sign of [0, 0x8000]) {
      const value = halfToFloat(bits | sign);
      assert.equal(floatToHalf(value), bits | sign, `${value}`);
    }
    if (bits + 1 === finite.length) break;
    const [low, high] = [halfToFloat(bits), halfToFloat(bits + 1)];
    assert.ok(high > low);
    const middle = (low + high) / 2;
    assert.equal(floatToHalf(middle), bits % 2 === 0 ? bits : bits + 1, `tie at ${middle}`);
    assert.equal(floatToHalf(-(middle + (high - low) / 8)), (bits + 1) | 0x8000);
    assert.equal(floatToHalf(middle - (high - low) / 8), bits);
  }
  assert.equal(halfToFloat(0x3c00), 1);
  assert.equal(halfToFloat(0x7bff), 65504);
  assert.equal(halfToFloat(0x7c00), Infinity);
  for (const value of [65520, -1e9, Infinity, NaN]) assert.throws(() => floatToHalf(value), ConfigError);
});

/** @param {unknown} header @param {Uint8Array} data */
function assemble(header, data, length = -1) {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length < 0 ? text.length : length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

test('safetensors: each kind of bad file has its message, and the network is as it was', async () => {
  const { engine, network } = await smallNetwork();
  const good = network.toSafetensors();
  const image = new Float32Array(12).fill(0.25);
  const before = network.predict(image);
  const memory = engine.memoryBytes;
  const headerLength = Number(new DataView(good.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(good.subarray(8, 8 + headerLength)));
  const data = good.subarray(8 + headerLength);
  /** @param {(copy: any) => void} edit */
  const edited = (edit, values = data) => {
    const copy = structuredClone(header);
    edit(copy);
    return assemble(copy, values);
  };
  const weights = (/** @type {(copy: Map<string, any>) => void} */ edit) => {
    const copy = new Map([...network.tensors()].map(([k, v]) => [k, { ...v, data: v.data.slice() }]));
    edit(copy);
    return writeSafetensors(copy, header.__metadata__);
  };
  const cases = /** @type {[string, Uint8Array, string, RegExp][]} */ ([
    [
      'a picture',
      Uint8Array.from([137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13]),
      'not-a-model',
      /m\.safetensors isn't a model/,
    ],
    ['empty', new Uint8Array(0), 'not-a-model', /only 0 bytes/],
    ['header length too long', assemble(header, data, 2 ** 40), 'not-a-model', /no safetensors header/],
    ['header length beyond the end', assemble(header, data, good.length), 'truncated-model', /incomplete/],
    ['header length too short', assemble(header, data, 20), 'not-a-model', /not JSON/],
    ['header not JSON', assemble('{"a": ', data), 'not-a-model', /not JSON/],
    ['truncated', good.subarray(0, good.length - 4), 'truncated-model', /incomplete: tensor "output\.bias"/],
    ['bytes at the end', Uint8Array.from([...good, 0]), 'not-a-model', /1 bytes follow/],
    [
      'wrong type',
      edited((h) => (h['output.bias'].dtype = 'I64')),
      'bad-tensor-type',
      /"output\.bias" is of type I64; expected F32/,
    ],
    ['shape that is no list', edited((h) => (h['output.bias'].shape = 'x')), 'not-a-model', /no valid shape/],
    [
      'shape and bytes differ',
      edited((h) => (h['output.bias'].shape = [5])),
      'not-a-model',
      /has 16 bytes, not 20/,
    ],
    [
      'a hole',
      edited(
        (h) =>
          (h['output.bias'].data_offsets = h['output.bias'].data_offsets.map(
            (/** @type {number} */ n) => n + 4,
          )),
      ),
      'not-a-model',
      /does not start where/,
    ],
    ['metadata not strings', edited((h) => (h.__metadata__.hidden = 5)), 'not-a-model', /metadata/],
    [
      'wrong shape',
      weights((t) => t.set('output.weight', { shape: [5, 4], data: new Float32Array(20) })),
      'bad-tensor-shape',
      /has the shape \[5, 4\]; expected \[4, 5\]/,
    ],
    [
      'missing',
      weights((t) => t.delete('lstm.bias_hh_l0')),
      'missing-tensor',
      /lacks the tensor "lstm\.bias_hh_l0"/,
    ],
    [
      'missing altogether',
      weights((t) => t.delete('lstm.weight_ih_l0')),
      'missing-tensor',
      /lacks "lstm\.weight_ih_l0"/,
    ],
    [
      'extra',
      weights((t) => t.set('attention.weight', { shape: [1], data: new Float32Array(1) })),
      'extra-tensor',
      /"attention\.weight"/,
    ],
    [
      'NaN',
      weights((t) => (t.get('lstm.weight_hh_l0').data[7] = NaN)),
      'not-finite',
      /"lstm\.weight_hh_l0" holds NaN/,
    ],
    ['infinite', weights((t) => (t.get('output.bias').data[0] = Infinity)), 'not-finite', /"output\.bias"/],
  ]);
  for (const [what, bytes, code, message] of cases) {
    assert.throws(() => engine.openNetwork(bytes, { name: 'm.safetensors' }), fails(code, message), what);
    assert.deepEqual(network.predict(image), before, what);
  }
  const overflow = weights((t) => {
    for (const name of ['lstm.bias_ih_l0', 'lstm.bias_hh_l0']) t.get(name).data.fill(3e38);
  });
  assert.throws(() => engine.openNetwork(overflow), fails('not-finite', /bias_ih_l0/));
  const absurd = edited((h) => (h.__metadata__.hidden = '1e9'));
  assert.throws(
    () => engine.openNetwork(absurd),
    /hidden must be a whole number from 1 to 1024; found 1000000000/,
  );
  const tensors = network.tensors();
  /** @type {any} */ (tensors.get('output.bias')).data[3] = NaN;
  assert.throws(() => network.setTensors(tensors), fails('not-finite', /output\.bias/));
  assert.deepEqual(network.predict(image), before, 'setTensors changed something');
  assert.equal(engine.memoryBytes, memory, 'memory grew');
});
