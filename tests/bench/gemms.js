/**
 * The products of a training step of the tutorial's network, alone, against what the core can do in the same
 * run. Needs the test flavour of the builds (build.sh --tests).
 */

import { WasmModule } from '../../web/lib/module.js';
import { randomFloats } from '../support/random.js';
import { bestCeilingKernel } from './ceiling.js';
import { alternate } from './measure.js';
import { ROW_NOTHING } from './report.js';

const ROWS = 25; // of a shard: half a batch of 50
const [INPUTS, STEPS, HIDDEN] = [28, 28, 100];
const K = INPUTS + HIDDEN;
const N = 4 * HIDDEN;
const [START_ZERO, START_BIAS] = [0, 1];

/**
 * The three products, each over all steps of a shard as src/network.c calls them.
 * @param {WasmModule} module
 */
function products(module) {
  const array = (/** @type {number} */ length) => {
    const place = (module.call('malloc', 4 * length + 16) + 15) & ~15;
    module.floats(place, length).set(randomFloats(length, length));
    return place;
  };
  const [xh, gates, dh] = [array(STEPS * ROWS * K), array(STEPS * ROWS * N), array(ROWS * HIDDEN)];
  const [w, wt, dw, bias] = [array(K * N), array(N * HIDDEN), array(K * N), array(N)];
  const [xhStep, gatesStep] = [ROWS * K, ROWS * N];
  const perStep = (/** @type {(t: number) => void} */ call) => () => {
    for (let t = 1; t < STEPS; t++) call(t);
  };
  return [
    {
      name: 'forward: [x h] W',
      flop: 2 * (STEPS - 1) * ROWS * K * N,
      run: perStep((t) => {
        const [out, a] = [gates + 4 * t * gatesStep, xh + 4 * t * xhStep];
        module.call('kernel_gemm', out, a, w, bias, START_BIAS, ROWS, ROWS, N, 0, K, K, 0);
      }),
    },
    {
      name: 'backward: dh = dG Wh^T',
      flop: 2 * (STEPS - 1) * ROWS * HIDDEN * N,
      run: perStep((t) => {
        module.call(
          'kernel_gemm',
          dh,
          gates + 4 * t * gatesStep,
          wt,
          0,
          START_ZERO,
          ROWS,
          ROWS,
          HIDDEN,
          0,
          N,
          N,
          0,
        );
      }),
    },
    {
      name: 'gradient: dW = [x h]^T dG',
      flop: 2 * STEPS * ROWS * INPUTS * N + 2 * (STEPS - 1) * ROWS * HIDDEN * N,
      run: () => {
        const dims = [ROWS, N, INPUTS, K, STEPS, xhStep, gatesStep];
        module.call('kernel_gemm_tn', dw, xh, gates, 0, 0, ...dims);
        const [a, d] = [xh + 4 * (xhStep + INPUTS * ROWS), gates + 4 * gatesStep];
        const rest = [ROWS, N, HIDDEN, K, STEPS - 1, xhStep, gatesStep];
        module.call('kernel_gemm_tn', dw + 4 * INPUTS * 8, a, d, 0, 0, ...rest);
        module.floats(dw, K * N).fill(0); // lest sums over many calls leave the range of floats
      },
    },
  ];
}

/**
 * @param {string} variant
 * @param {(milliseconds: number) => number} effort
 */
export async function gemmRows(variant, effort) {
  const { default: factory } = await import(`../../build/test/lstm-${variant}.mjs`);
  const gemms = products(new WasmModule(await factory()));
  const ceiling = await bestCeilingKernel(variant === 'relaxed', effort(200));
  const candidates = [...gemms, { ...ceiling, name: 'ceiling' }];
  const times = await alternate(candidates, { milliseconds: effort(1500), warmUp: effort(600) });
  const time = (/** @type {string} */ name) => times.get(name) ?? { median: NaN, best: NaN };
  const top = time('ceiling');
  const peer = {
    peer: ceiling.flop / top.median / 1e6,
    peerBest: ceiling.flop / top.best / 1e6,
    peerName: `multiply-add ceiling (${ceiling.name})`,
  };
  const all = gemms.map(({ name, flop }) => ({ name, flop, ...time(name) }));
  const sum = (/** @type {'flop' | 'median' | 'best'} */ key) =>
    all.reduce((total, gemm) => total + gemm[key], 0);
  const total = { name: 'all', flop: sum('flop'), median: sum('median'), best: sum('best') };
  return [total, ...all].map(({ name, flop, median, best }) => ({
    ...ROW_NOTHING,
    figure: `GEMMs of a training step, ${name}`,
    variant,
    ours: flop / median / 1e6,
    oursBest: flop / best / 1e6,
    ...peer,
    unit: 'GFLOP/s',
    ratio: flop / median / 1e6 / peer.peer,
  }));
}
