/** Kernels called alone, in the test flavour of the builds (build.sh --tests), and compared with their specification. */

import assert from 'node:assert/strict';
import { before } from 'node:test';
import { WasmModule } from '../../web/lib/module.js';
import { hash } from './random.js';

export const PLAIN = ['simd']; // the builds that promise the specification's bits; relaxed SIMD rounds less
/** @type {Record<string, WasmModule>} */
export const modules = {};

before(async () => {
  for (const variant of ['scalar', ...PLAIN]) {
    const { default: factory } = await import(`../../build/test/lstm-${variant}.mjs`);
    modules[variant] = new WasmModule(await factory());
  }
});

/** What an argument of a kernel is: an array (copied in, and read back) or a number. */
/** @typedef {Float32Array | number} Argument */

/**
 * Calls a kernel on copies of the arrays and returns what is in all of them afterwards.
 * @param {string} variant
 * @param {string} name
 * @param {...Argument} args
 */
export function run(variant, name, ...args) {
  const module = modules[variant];
  return module.withMemory((allocate) => {
    const places = args.map((arg) => {
      if (typeof arg === 'number') return arg;
      const place = (allocate(arg.byteLength + 16) + 15) & ~15;
      module.floats(place, arg.length).set(arg);
      return place;
    });
    const result = module.call(`kernel_${name}`, ...places);
    const arrays = args.flatMap((arg, i) =>
      typeof arg === 'number' ? [] : [module.floats(places[i], arg.length).slice()],
    );
    return { result, arrays };
  });
}

/**
 * The kernel gives the same bits in every build.
 * @param {string} what
 * @param {string} name
 * @param {...Argument} args
 */
export function assertSame(what, name, ...args) {
  const expected = run('scalar', name, ...args);
  const start = args.filter((arg) => typeof arg !== 'number').map((arg) => hash(arg));
  const after = expected.arrays.map(hash);
  assert.ok(
    expected.result !== undefined || start.some((value, i) => value !== after[i]),
    `${what}: the specification changed nothing`,
  );
  for (const variant of PLAIN) {
    const found = run(variant, name, ...args);
    assert.equal(found.result, expected.result, `${variant}, ${what}: result`);
    for (const [k, array] of found.arrays.entries()) {
      for (const [i, value] of array.entries()) {
        const same = Object.is(value, expected.arrays[k][i]);
        assert.ok(same, `${variant}, ${what}: array ${k}[${i}] = ${value}, not ${expected.arrays[k][i]}`);
      }
    }
  }
}

export const ROWS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 25, 26];
