/**
 * The other kernels of each build, and whole networks, against their specification, the scalar build: equal bit for
 * bit, at sizes around every boundary.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadEngine } from '../web/lib/index.js';
import { assertSame, modules, PLAIN, ROWS, run } from './support/kernels.js';
import { hash, randomFloats, randomLabels } from './support/random.js';

/** C's enum kernel_activation. */
const ACTIVATION = { tanh: 0, linear: 1, logistic: 2 };

test('the first rows of arrays: nothing else is read or written', () => {
  const [stride, k, quads] = [9, 36, 6];
  const n = 4 * quads;
  for (const m of [1, 2, 5, 8, 9]) {
    const part = (/** @type {number} */ seed, /** @type {number} */ columns, rest = NaN) =>
      randomFloats(seed, stride * columns).map((x, i) => ((i >> 2) % stride < m ? x : rest));
    const [w, bias, peepholes] = [randomFloats(2, k * n), randomFloats(3, n), randomFloats(4, 3 * n)];
    const states = (/** @type {number} */ count) => [
      part(1, 4 * n),
      ...Array.from({ length: count }, (_, i) => part(2 + i, n)),
    ];
    /** @type {{name: string, args: import('./support/kernels.js').Argument[]}[]} */
    const calls = [
      { name: 'gemm', args: [part(5, n), part(1, k), w, bias, 1, m, stride, n, 0, k, k, 0] },
      { name: 'gemm', args: [part(5, n - 4), part(1, k), w, 0, 2, m, stride, n - 4, 0, k, k, 12] },
      { name: 'lstm_forward', args: [...states(4), 0, 1, m, stride, quads] },
      { name: 'lstm_forward', args: [...states(4), peepholes, 1, m, stride, quads] },
      { name: 'lstm_backward', args: [...states(4), peepholes, m, stride, quads] },
      { name: 'gru_forward', args: [...states(2), m, stride, quads] },
      { name: 'gru_backward', args: [...states(2), m, stride, quads] },
    ];
    for (const { name, args } of calls) {
      assertSame(`${name}, ${m} of ${stride} rows`, name, ...args);
      // The same as with arrays that have these rows only.
      const packed = args.map((arg) =>
        typeof arg !== 'number' && arg.length % (4 * stride) === 0 && arg.some((x) => Number.isNaN(x))
          ? arg.filter((_, i) => (i >> 2) % stride < m)
          : arg === stride
            ? m
            : arg,
      );
      for (const variant of Object.keys(modules)) {
        const wide = run(variant, name, ...args).arrays.map((array) =>
          [...array].filter((x) => !Number.isNaN(x)),
        );
        const narrow = run(variant, name, ...packed).arrays.map((array) => [...array]);
        assert.deepEqual(wide, narrow, `${variant}, ${name}, ${m} of ${stride} rows`);
      }
    }
  }
});

test('lstm_forward and lstm_backward', () => {
  for (const m of [1, 2, 3, 5, 9]) {
    for (const quads of [1, 2, 25]) {
      const units = m * quads * 4;
      const of = (/** @type {number} */ seed) => randomFloats(seed, units);
      const gates = randomFloats(1, 4 * units).map((x) => 5 * x);
      const what = `m ${m}, quads ${quads}`;
      const peepholes = randomFloats(4, 3 * quads * 4);
      for (const p of [0, peepholes]) {
        assertSame(what, 'lstm_forward', gates, of(2), of(3), of(4), of(5), p, 1, m, m, quads);
        assertSame(what, 'lstm_backward', gates, of(6), of(7), of(8), of(9), p, m, m, quads);
      }
      for (const steps of [1, 3]) {
        const dgates = randomFloats(5, steps * 4 * units);
        const c = randomFloats(6, (steps + 1) * units);
        assertSame(what, 'peephole_gradients', peepholes, dgates, c, 0, m, quads, steps, 4 * units, units);
      }
    }
  }
});

/** 16-bit numbers as the bits of floats, which is how they travel to a kernel. @param {Int16Array} numbers */
const asFloats = (numbers) => new Float32Array(numbers.buffer);

test('quantise and quantised_gemm', () => {
  for (const m of ROWS) {
    for (const k of [4, 8, 28, 128, 132]) {
      for (const most of [0.5, 1, 30]) {
        const a = randomFloats(k, m * k).map((x) => most * x);
        const what = `m ${m}, k ${k}, up to ${most}`;
        const bits = asFloats(new Int16Array(m * k));
        assertSame(what, 'quantise', bits, randomFloats(1, m), randomFloats(2, m), a, m, k);
        const [q, scale, sum] = run(
          'scalar',
          'quantise',
          bits,
          new Float32Array(m),
          new Float32Array(m),
          a,
          m,
          k,
        ).arrays;
        for (const n of [8, 16, 24, 48]) {
          const w = asFloats(Int16Array.from(randomFloats(n, k * n), (x) => 64 + Math.round(63 * x)));
          const [wScale, bias] = [randomFloats(3, n).map(Math.abs), randomFloats(4, n)];
          const out = randomFloats(5, m * n);
          assertSame(`${what}, n ${n}`, 'quantised_gemm', out, q, scale, sum, w, wScale, bias, m, n, k);
        }
      }
    }
  }
});

test('quantise: numbers worked out by hand', () => {
  // Rows [1, -1, 0.5, 0] and [4, 2, -1, 0.01]: scales 1 / 127 and 4 / 127.
  const a = Float32Array.of(1, -1, 0.5, 0, 4, 2, -1, 0.01);
  for (const variant of Object.keys(modules)) {
    const empty = () => new Float32Array(2);
    const { arrays } = run(variant, 'quantise', new Float32Array(4), empty(), empty(), a, 2, 4);
    assert.deepEqual([...new Int16Array(arrays[0].buffer)], [127, -127, 64, 0, 127, 64, -32, 0], variant);
    assert.deepEqual([...arrays[1]], [1 / 127, 4 / 127].map(Math.fround), variant);
    assert.deepEqual([...new Int32Array(arrays[2].buffer)], [64, 159], variant);
  }
});

test('gru_forward and gru_backward', () => {
  for (const count of [4, 8, 12, 36, 400]) {
    const of = (/** @type {number} */ seed) => randomFloats(seed, count);
    const gates = randomFloats(1, 4 * count).map((x) => 5 * x);
    assertSame(`${count}`, 'gru_forward', gates, of(2), of(3), 1, 1, count / 4);
    assertSame(`${count}`, 'gru_backward', gates, of(4), of(5), 1, 1, count / 4);
  }
});

test('element-wise kernels at lengths 0 to 36 and more', () => {
  for (const count of [4, 8, 12, 16, 20, 24, 28, 32, 36, 1020, 1024, 1028, 2052]) {
    const of = (/** @type {number} */ seed) => randomFloats(seed, count);
    const v = of(3).map(Math.abs);
    const step = Float32Array.of(0.9, 0.999, 1e-3, 2, 1e-8, 0.5);
    assertSame(`${count}`, 'adam', of(1), of(2), v, of(4), step, count);
    assertSame(`${count}`, 'add', of(1), of(2), count);
    assertSame(`${count}`, 'sum_squares', of(1), count);
    const x = of(2).map((value) => 20 * value);
    for (const activation of Object.values(ACTIVATION)) {
      assertSame(`${count}`, 'activate', of(1), x, activation, count);
      assertSame(`${count}`, 'activate_backward', of(1), of(3), of(4), activation, count);
    }
  }
  for (const variant of Object.keys(modules)) {
    const { arrays } = run(variant, 'activate', randomFloats(1, 4), randomFloats(2, 4), 0, 0);
    assert.deepEqual(arrays[0], randomFloats(1, 4), `${variant}: nothing is written for length 0`);
  }
});

test('tanh and sigmoid stay within their stated errors over all floats', () => {
  const bits = new Uint32Array(2 ** 20);
  // Every finite magnitude from 0 to the largest, evenly in bits, both signs.
  for (let i = 0; i < bits.length; i++) {
    bits[i] = Math.floor((i >> 1) * (0x7f7fffff / (bits.length / 2 - 1))) | (i & 1 ? 0x80000000 : 0);
  }
  const x = new Float32Array(bits.buffer);
  for (const variant of Object.keys(modules)) {
    const out = new Float32Array(x.length);
    const tanh = run(variant, 'activate', out, x, ACTIVATION.tanh, x.length).arrays[0];
    const sigmoid = run(variant, 'activate', out, x, ACTIVATION.logistic, x.length).arrays[0];
    let [worstTanh, worstRelative, worstSigmoid] = [0, 0, 0];
    for (let i = 0; i < x.length; i++) {
      const t = Math.tanh(x[i]);
      worstTanh = Math.max(worstTanh, Math.abs(tanh[i] - t));
      // The smallest normal numbers lose bits when multiplied by a constant below 1.
      if (Math.abs(t) > 1e-37) worstRelative = Math.max(worstRelative, Math.abs(tanh[i] / t - 1));
      worstSigmoid = Math.max(worstSigmoid, Math.abs(sigmoid[i] - 1 / (1 + Math.exp(-x[i]))));
      assert.ok(Math.abs(tanh[i]) <= 1 && sigmoid[i] >= 0 && sigmoid[i] <= 1, `outside at ${x[i]}`);
      if (i & 1) assert.ok(Object.is(tanh[i], -tanh[i - 1]), `tanh is not odd at ${x[i]}`);
    }
    assert.ok(worstTanh <= 5e-7, `${variant}: tanh is off by ${worstTanh}`);
    assert.ok(worstRelative <= 5e-7, `${variant}: tanh is off by ${worstRelative}, relatively`);
    assert.ok(worstSigmoid <= 3e-7, `${variant}: sigmoid is off by ${worstSigmoid}`);
  }
});

test('whole networks train to the same bits at sizes around 100 units, 28 inputs, 0 to 9 rows', async () => {
  const shapes = [
    ...[99, 100, 101].map((hidden) => ({ hidden, inputs: 28, batch: 7 })),
    ...[27, 28, 29].map((inputs) => ({ hidden: 12, inputs, batch: 4 })),
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((size) => ({ hidden: size, inputs: size, batch: size })),
    { hidden: 20, inputs: 5, batch: 101 },
    ...['lstm-peephole', 'gru', 'rnn', 'feedforward'].map((cell) => ({
      cell,
      hidden: 21,
      inputs: 5,
      batch: 30,
    })),
    { cell: 'feedforward', activation: 'logistic', hidden: 9, inputs: 6, batch: 3 },
  ];
  for (const shape of shapes) {
    const { batch, inputs } = shape;
    const config = { ...shape, steps: 5, classes: 3, layers: 2, seed: 4 };
    const images = randomFloats(1, 3 * batch * 5 * inputs);
    const labels = randomLabels(2, 3 * batch, 3);
    const hashes = [];
    for (const variant of ['scalar', ...PLAIN]) {
      const engine = await loadEngine({ variant });
      const network = engine.createNetwork(config);
      const untrained = [...network.tensors().values()].map(({ data }) => hash(data)).join();
      const dataset = engine.createDataset({ images, labels, steps: 5, inputs, classes: 3 });
      const trainer = network.trainer(dataset, { batch, epochs: 2, learningRate: 0.01, clipNorm: 0.1 });
      while (!trainer.progress.done) trainer.slice({ batches: 2 });
      const trained = [...network.tensors().values()].map(({ data }) => hash(data)).join();
      assert.notEqual(trained, untrained);
      hashes.push(trained);
    }
    assert.equal(new Set(hashes).size, 1, `${PLAIN} differ at ${JSON.stringify(shape)}`);
  }
});
