/**
 * `make bench-native`: ours in Node against PyTorch, in turn, on the same weights and images.
 *   node tests/bench/native.js [--quick]
 * runs itself in each Node with a file for the rows as last argument. PYTHON: a Python that has torch.
 */

import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { loadMnist, slice } from '../../models/mnist.js';
import * as lib from '../../web/lib/index.js';
import { VALIDATION_IMAGES } from '../../web/mnist-files.js';
import { findEngines, rowsOf } from './engines.js';
import { alternate } from './measure.js';
import { FIGURES, prepareOurs } from './ours.js';
import { commit, machine, printRows, ROOT, timeRow, writeRows } from './report.js';

/** @typedef {import('./ours.js').Ours} Ours */

const THREADS = [1, 2];
/** PyTorch's threads and those of its BLAS: at two it depends which is faster. The faster one counts. */
const TORCHES = [
  { threads: 1, blasThreads: 1 },
  { threads: 2, blasThreads: 2 },
  { threads: 2, blasThreads: 1 },
];
const CHECKED_IMAGES = 100;
const LOGITS_TOLERANCE = 1e-4;
const PYTHON_IMAGES = 1000;
const MODEL = `${ROOT}models/small.safetensors`;
const IMAGES = `${ROOT}build/bench-native-images.bin`;

const quick = process.argv.includes('--quick');
const effort = (/** @type {number} */ milliseconds) => (quick ? milliseconds / 40 : milliseconds);

/** The first Python that has torch, or null. */
function findPython() {
  const names = [process.env.PYTHON, 'python3', '/usr/bin/python3'];
  for (const name of names) {
    if (!name) continue;
    try {
      execFileSync(name, ['-c', 'import torch, numpy'], { stdio: 'ignore' });
      return name;
    } catch {
      // the next one
    }
  }
  return null;
}

/**
 * PyTorch in a process of its own.
 * @param {string} python
 * @param {{threads: number, blasThreads: number}} options
 */
function startPyTorch(python, { threads, blasThreads }) {
  const script = fileURLToPath(new URL('native.py', import.meta.url));
  const env = { ...process.env, OMP_NUM_THREADS: String(threads), OPENBLAS_NUM_THREADS: String(blasThreads) };
  const child = spawn(python, [script, MODEL, IMAGES, String(threads)], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (/** @type {object} */ question) => {
    child.stdin.write(`${JSON.stringify(question)}\n`);
    const { value, done } = await answers.next();
    if (done) throw new Error('PyTorch ended');
    return JSON.parse(value);
  };
  return {
    threads,
    name: `PyTorch, ${threads} thread${threads > 1 ? `s (BLAS ${blasThreads})` : ''}`,
    ask,
    end: () => child.stdin.end(),
  };
}

/** @typedef {ReturnType<typeof startPyTorch>} PyTorch */

/**
 * @param {readonly Ours[]} ours
 * @param {readonly PyTorch[]} torches
 * @param {Uint8Array} images
 */
async function checkLogits(ours, torches, images) {
  const size = images.length / CHECKED_IMAGES;
  for (const { name, ask } of torches) {
    const expected = await ask({ ask: 'logits', count: CHECKED_IMAGES });
    for (const { name: ourName, reader } of ours) {
      let worst = 0;
      for (let i = 0; i < CHECKED_IMAGES; i++) {
        const { logits } = reader.predict(images.subarray(i * size, (i + 1) * size));
        for (const [c, value] of logits.entries()) {
          const difference = Math.abs(value - expected[i * logits.length + c]);
          if (!(difference <= worst)) worst = difference;
        }
      }
      console.log(
        `  ${ourName}, ${name}: logits of ${CHECKED_IMAGES} images differ by at most ${worst.toExponential(1)}`,
      );
      if (!(worst <= LOGITS_TOLERANCE)) throw new Error('these are not the same network');
    }
  }
}

/**
 * All figures in this Node.
 * @param {string} python
 * @param {string} output
 */
async function measure(python, output) {
  const { train, test } = await loadMnist();
  const batches = slice(train, VALIDATION_IMAGES, VALIDATION_IMAGES + 10_000);
  const some = slice(test, 0, PYTHON_IMAGES);
  writeFileSync(IMAGES, Buffer.concat([some.images, some.labels]));
  const material = { model: new Uint8Array(readFileSync(MODEL)), train: batches, test };
  const ours = [];
  for (const variant of (await lib.supportedVariants()).filter((name) => name !== 'scalar').reverse()) {
    for (const threads of THREADS) ours.push(await prepareOurs(lib, { variant, threads }, material));
  }
  const torches = TORCHES.map((options) => startPyTorch(python, options));
  let version = '';
  console.log(`  Node ${process.version}, V8 ${process.versions.v8}`);
  for (const { ask } of torches) {
    const { torch, threads, blas } = await ask({ ask: 'version' });
    version = torch;
    console.log(`  PyTorch ${torch}, ${threads} threads, BLAS: ${blas}`);
  }
  await checkLogits(ours, torches, slice(test, 0, CHECKED_IMAGES).images);
  const rows = [];
  for (const figure of /** @type {(keyof typeof FIGURES)[]} */ (Object.keys(FIGURES))) {
    console.log(`  ${figure}`);
    const candidates = [
      ...ours.map(({ name, calls }) => ({ name, run: calls[figure] })),
      ...torches.map(({ name, ask }) => ({
        name,
        burst: (/** @type {number} */ milliseconds, /** @type {number} */ calls) =>
          ask({ ask: 'burst', figure, milliseconds, calls }),
      })),
    ];
    const times = await alternate(candidates, { milliseconds: effort(3000), warmUp: effort(1000) });
    const timeOf = (/** @type {string} */ name) => times.get(name) ?? { median: NaN, best: NaN, count: 0 };
    for (const { name, engine } of ours) {
      const fitting = torches.filter(({ threads }) => threads === engine.threads);
      const [peer] = fitting.sort((p, q) => timeOf(p.name).median - timeOf(q.name).median);
      const peerName = peer.name.replace('PyTorch', `PyTorch ${version}`);
      rows.push(timeRow(figure, engine, timeOf(name), timeOf(peer.name), peerName));
    }
  }
  for (const { end } of torches) end();
  writeFileSync(output, JSON.stringify(rows));
  process.exit(0);
}

async function main() {
  const python = findPython();
  if (!python) {
    console.log('No Python with torch here (Debian: python3-torch libopenblas0-pthread; else set PYTHON).');
    return;
  }
  const last = process.argv[process.argv.length - 1];
  if (last.endsWith('.json')) {
    await measure(python, last);
    return;
  }
  mkdirSync(`${ROOT}build`, { recursive: true });
  console.log(`${machine()}; ${commit()}`);
  /** @type {import('./report.js').Row[]} */
  const rows = [];
  for (const engine of findEngines()) {
    console.log(`${engine.name}:`);
    rows.push(...(await rowsOf(engine, 'native.js', process.argv.slice(2))));
  }
  console.log('');
  printRows(rows);
  writeRows('bench-native.json', rows);
}

await main();
