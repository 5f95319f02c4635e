/** The products of each build against their specification, the scalar build: equal bit for bit, at sizes around every boundary. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertSame, modules, ROWS, run } from './support/kernels.js';
import { randomFloats } from './support/random.js';

const COLUMNS = [4, 8, 12, 36, 40, 44, 80, 100, 104];
const DEPTHS = [4, 8, 12, 28, 128];

test('gemm: of one row zeros are left out', () => {
  for (const n of [8, 24, 40, 48, 400]) {
    for (const k of [4, 12, 128, 256, 260, 784]) {
      for (const share of [0, 0.5, 0.9, 0.99]) {
        const chosen = randomFloats(k + n, k / 4);
        const a = randomFloats(k, k).map((value, i) => (chosen[i >> 2] < 2 * share - 1 ? 0 : value));
        a[k - 1] = 1;
        const [w, bias, out] = [randomFloats(n, k * n), randomFloats(9, n), randomFloats(8, n)];
        const what = `n ${n}, k ${k}, ${100 * share} % zeros`;
        for (const start of [0, 1, 2]) {
          assertSame(`${what}, start ${start}`, 'gemm', out, a, w, bias, start, 1, 1, n, 0, k, k, k);
        }
      }
    }
  }
});

test('gemm: every tile, every start, part of the rows', () => {
  for (const m of ROWS) {
    for (const n of COLUMNS) {
      for (const k of DEPTHS) {
        const rows = k + 4; // of w, of which k are used
        const out = randomFloats(m * n, m * n);
        const a = randomFloats(k, m * k);
        const w = randomFloats(n, rows * n);
        const bias = randomFloats(9, n);
        for (const start of [0, 1, 2]) {
          assertSame(
            `m ${m}, n ${n}, k ${k}, start ${start}`,
            'gemm',
            out,
            a,
            w,
            bias,
            start,
            m,
            m,
            n,
            0,
            k,
            rows,
            0,
          );
        }
      }
    }
  }
});

test('gemm and gemm_tn: products that are cut up to fit the caches', () => {
  const [m, n, k, steps] = [26, 20, 520, 9];
  const a = randomFloats(1, steps * m * k);
  const d = randomFloats(2, steps * m * 16);
  assertSame(
    'gemm',
    'gemm',
    randomFloats(3, m * n),
    a,
    randomFloats(4, k * n),
    randomFloats(5, n),
    1,
    m,
    m,
    n,
    0,
    k,
    k,
    0,
  );
  assertSame('gemm_tn', 'gemm_tn', randomFloats(6, k * 16), a, d, 0, 0, m, 16, k, k, steps, m * k, m * 16);
});

test('gemm: some rows of w', () => {
  for (const m of [1, 3, 26]) {
    for (const [first, k] of [
      [4, 4],
      [8, 20],
      [0, 12],
    ]) {
      const [n, rows] = [20, 28];
      const a = randomFloats(k, m * rows);
      const w = randomFloats(n, rows * n);
      const args = [randomFloats(m, m * n), a, w, randomFloats(9, n), 1, m, m, n, first, k, rows, 0];
      assertSame(`m ${m}, rows ${first} to ${first + k - 1}`, 'gemm', ...args);
    }
  }
});

/**
 * Random numbers of which a share is zero, in whole quads, and some of the others too.
 * @param {number} seed
 * @param {number} length
 * @param {number} share
 */
function withZeros(seed, length, share) {
  const chosen = randomFloats(seed, length / 4);
  const few = randomFloats(seed + 1, length);
  const numbers = randomFloats(seed + 2, length).map((x, i) =>
    chosen[i >> 2] < 2 * share - 1 || few[i] > 0.8 ? 0 : x,
  );
  if (share < 1) numbers[0] = 1;
  return numbers;
}

test('gemm and gemm_tn: zeros are left out', () => {
  for (const m of [1, 2, 5, 9, 25]) {
    for (const k of [4, 28, 128, 260, 784]) {
      for (const share of [0, 0.5, 0.9, 1]) {
        const n = 24;
        const a = withZeros(k, 3 * m * k, share);
        const [w, bias, out] = [randomFloats(n, k * n), randomFloats(9, n), randomFloats(8, m * n)];
        const what = `m ${m}, k ${k}, ${100 * share} % zeros`;
        for (const start of [0, 1, 2]) {
          for (const sparse of share < 1 || start !== 2 ? [0, 4, 28, 132, k] : []) {
            const columns = Math.min(sparse, k);
            assertSame(what, 'gemm', out, a, w, bias, start, m, m, n, 0, k, k, columns);
          }
        }
        const [dw, d] = [randomFloats(4, k * n), randomFloats(5, 3 * m * n)];
        if (share < 1) assertSame(what, 'gemm_tn', dw, a, d, 1, 0, m, n, k, k, 3, m * k, m * n);
      }
    }
  }
});

test('gemm_tn: more rows that are not zero than are listed at a time', () => {
  const [m, n, k, steps] = [25, 8, 8, 30];
  const [a, d] = [withZeros(1, steps * m * k, 0.1), randomFloats(2, steps * m * n)];
  assertSame('750 rows', 'gemm_tn', randomFloats(3, k * n), a, d, 1, 0, m, n, k, k, steps, m * k, m * n);
});

test('gemm_tn, column_sum and peephole_gradients: some rows of each step', () => {
  const [m, n, k, steps] = [9, 32, 28, 4];
  const rows = new Float32Array(Int32Array.of(1, 3, 8, 9).buffer); // integers, as bits
  const count = [1, 3, 8, 9];
  const part = (/** @type {number} */ seed, /** @type {number} */ columns) =>
    randomFloats(seed, steps * m * columns).map((x, i) =>
      (i >> 2) % m < count[Math.floor(i / m / columns)] ? x : NaN,
    );
  const [a, d, dw] = [part(1, k), part(2, n), randomFloats(3, k * n)];
  for (const isSparse of [0, 1]) {
    assertSame('gemm_tn', 'gemm_tn', dw, a, d, isSparse, rows, m, n, k, k, steps, m * k, m * n);
  }
  assertSame('column_sum', 'column_sum', randomFloats(3, n), d, rows, m, n, steps, m * n);
  const c = randomFloats(4, (steps + 1) * m * (n / 4));
  assertSame('peepholes', 'peephole_gradients', randomFloats(5, 24), d, c, rows, m, 2, steps, m * n, m * 8);
  for (const variant of Object.keys(modules)) {
    const zeros = (/** @type {Float32Array} */ x) => x.map((value) => (Number.isNaN(value) ? 0 : value));
    const some = run(variant, 'gemm_tn', dw, a, d, 0, rows, m, n, k, k, steps, m * k, m * n).arrays[0];
    const all = run(variant, 'gemm_tn', dw, zeros(a), zeros(d), 0, 0, m, n, k, k, steps, m * k, m * n)
      .arrays[0];
    assert.deepEqual(some, all, variant);
    assert.ok(some.every(Number.isFinite));
  }
});

test('gemm: a product worked out by hand', () => {
  // One row [1 2 3 4] times a 4 x 4 matrix whose column c holds c + 1 everywhere: 10 (c + 1).
  const a = Float32Array.of(1, 2, 3, 4);
  const w = Float32Array.from({ length: 16 }, (_, i) => (i % 4) + 1);
  for (const variant of Object.keys(modules)) {
    const { arrays } = run(
      variant,
      'gemm',
      new Float32Array(4),
      a,
      w,
      new Float32Array(4),
      0,
      1,
      1,
      4,
      0,
      4,
      4,
    );
    assert.deepEqual([...arrays[0]], [10, 20, 30, 40], variant);
  }
});

test('gemm_tn and column_sum: every remainder, several steps', () => {
  for (const m of ROWS) {
    for (const n of [8, 16, 40]) {
      for (const k of [4, 8, 28]) {
        for (const steps of [1, 2, 3]) {
          const a = randomFloats(m, steps * m * k);
          const d = randomFloats(n, steps * m * n);
          const dw = randomFloats(k, (k + 4) * n);
          const what = `m ${m}, n ${n}, k ${k}, steps ${steps}`;
          assertSame(what, 'gemm_tn', dw, a, d, 0, 0, m, n, k, k + 4, steps, m * k, m * n);
          assertSame(what, 'column_sum', randomFloats(3, n), d, 0, m, n, steps, m * n);
        }
      }
    }
  }
});
