/**
 * What a core can do: multiply-adds per second of kernels that load nothing, assembled here instruction by
 * instruction. A sum is multiplied by a number and another is added, again and again (s = s x + y): each
 * multiplication needs the sum before, so no compiler can take it out of the loop. As many sums side by side as
 * the registers hold hide the latency; the best number of sums counts.
 */

import { burst } from './measure.js';

const I32 = 0x7f;
const F32 = 0x7d;
const V128 = 0x7b;
const UNROLL = 8;
const SUMS = [8, 9, 10, 11, 12, 13];

/** @param {number} value @returns {number[]} LEB128 */
function leb(value) {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(value >> 7)];
}

/** @param {number} code */
const simd = (code) => [0xfd, ...leb(code)];
const SPLAT = simd(0x13); // f32x4.splat
const ADD = simd(0xe4); // f32x4.add
const MUL = simd(0xe6); // f32x4.mul
const RELAXED_MADD = simd(0x105); // f32x4.relaxed_madd
const EXTRACT_LANE_0 = [...simd(0x1f), 0]; // f32x4.extract_lane 0

/** @param {number} local */
const get = (local) => [0x20, ...leb(local)];
/** @param {number} local */
const set = (local) => [0x21, ...leb(local)];

/** @param {number} id @param {number[]} content */
const section = (id, content) => [id, ...leb(content.length), ...content];

/**
 * A module with one function, run(iterations, x, y), that returns the sums' sum.
 * @param {number} sums
 * @param {boolean} relaxed fused multiply-add
 */
function assemble(sums, relaxed) {
  const [ITERATIONS, X, Y, X4, Y4, FIRST] = [0, 1, 2, 3, 4, 5];
  const all = Array.from({ length: sums }, (_, i) => FIRST + i);
  const update = all.flatMap((sum) =>
    relaxed
      ? [...get(sum), ...get(X4), ...get(Y4), ...RELAXED_MADD, ...set(sum)]
      : [...get(sum), ...get(X4), ...MUL, ...get(Y4), ...ADD, ...set(sum)],
  );
  const loop = [
    ...[0x03, 0x40], // loop
    ...Array.from({ length: UNROLL }, () => update).flat(),
    ...[...get(ITERATIONS), 0x41, 1, 0x6b, 0x22, ITERATIONS], // iterations -= 1
    ...[0x0d, 0, 0x0b], // br_if 0, end
  ];
  const body = [
    ...[1, ...leb(2 + sums), V128], // locals
    ...[...get(X), ...SPLAT, ...set(X4), ...get(Y), ...SPLAT, ...set(Y4)],
    // Sums of their own, lest they be taken for one another
    ...all.flatMap((sum, i) => [...get(i === 0 ? Y4 : sum - 1), ...get(X4), ...ADD, ...set(sum)]),
    ...loop,
    ...all.flatMap((sum, i) => [...get(sum), ...(i > 0 ? ADD : [])]),
    ...[...EXTRACT_LANE_0, 0x0b],
  ];
  const bytes = [
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 3, I32, F32, F32, 1, F32]),
    ...section(3, [1, 0]),
    ...section(7, [1, 3, ...new TextEncoder().encode('run'), 0, 0]),
    ...section(10, [1, ...leb(body.length), ...body]),
  ];
  return new WebAssembly.Module(Uint8Array.from(bytes));
}

/**
 * Kernels to be alternated with others.
 * @param {boolean} relaxed
 * @returns {{name: string, flop: number, run: () => void}[]}
 */
export function ceilingKernels(relaxed) {
  const iterations = 20_000;
  return SUMS.map((sums) => {
    const { run } = /** @type {{run: (n: number, x: number, y: number) => number}} */ (
      /** @type {unknown} */ (new WebAssembly.Instance(assemble(sums, relaxed)).exports)
    );
    // s = s / 2 + 1 tends to 2: neither tiny nor infinite. Checked, for the code above is by hand.
    const found = run(iterations, 0.5, 1);
    if (found !== 2 * sums) throw new Error(`the ceiling's kernel of ${sums} sums gives ${found}`);
    return {
      name: `${sums} sums`,
      flop: iterations * UNROLL * sums * 4 * 2,
      run: () => void run(iterations, 0.5, 1),
    };
  });
}

/**
 * The fastest of them after a short trial.
 * @param {boolean} relaxed
 * @param {number} milliseconds for each
 */
export async function bestCeilingKernel(relaxed, milliseconds) {
  const kernels = ceilingKernels(relaxed);
  const rates = [];
  for (const kernel of kernels) {
    await burst(kernel, milliseconds, 1);
    rates.push(kernel.flop / Math.min(...(await burst(kernel, milliseconds, 1))));
  }
  return kernels[rates.indexOf(Math.max(...rates))];
}
