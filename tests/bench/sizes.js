/** Training steps of other sizes, in FLOP a second, against the tutorial's; and what memory networks take. */

import { loadEngine } from '../../web/lib/index.js';
import { randomFloats, randomLabels } from '../support/random.js';
import { alternate } from './measure.js';
import { firstOf, TUTORIAL } from './ours.js';
import { ROW_NOTHING } from './report.js';

const HIDDEN = [16, 64, 100, 128, 256, 512];
const BATCHES = [1, 8, 50, 128, 256];
const [INPUTS, STEPS, CLASSES] = [28, 28, 10];
const MIB = 2 ** 20;
const MEMORY_LIMIT = 120; // MB for the tutorial's network and 60,000 images

/**
 * Of a training step as it is usually counted: 399 million for the tutorial's network.
 * @param {number} hidden
 * @param {number} batch
 */
export function stepFlop(hidden, batch) {
  const forward = STEPS * 4 * hidden * (INPUTS + hidden) + hidden * CLASSES;
  const backward = STEPS * 4 * hidden * hidden + hidden * CLASSES;
  const gradient = forward;
  return 2 * batch * (forward + backward + gradient);
}

/**
 * @param {import('../../web/lib/index.js').Engine} engine
 * @param {number} hidden
 * @param {number} batch
 */
function prepareStep(engine, hidden, batch) {
  const count = 4 * batch;
  const images = randomFloats(hidden, count * STEPS * INPUTS);
  const dataset = engine.createDataset({ images, labels: randomLabels(batch, count, CLASSES) });
  const network = engine.createNetwork({ hidden, batch });
  const trainer = network.trainer(dataset, { ...TUTORIAL, batch });
  return {
    workspaceBytes: network.workspaceBytes,
    step: () => trainer.slice({ batches: 1 }),
    dispose: () => [trainer, network, dataset].forEach((part) => part.dispose()),
  };
}

/**
 * @param {string} variant
 * @param {(milliseconds: number) => number} effort
 */
export async function sizeRows(variant, effort) {
  const engine = await loadEngine({ variant, threads: 1 });
  const tutorial = prepareStep(engine, 100, 50);
  const tutorialFlop = stepFlop(100, 50);
  await alternate([{ name: 'warm', run: tutorial.step }], { milliseconds: 1, warmUp: effort(800) });
  const rows = [];
  for (const hidden of HIDDEN) {
    for (const batch of BATCHES) {
      const other = prepareStep(engine, hidden, batch);
      const candidates = [
        { name: 'other', run: other.step },
        { name: 'tutorial', run: tutorial.step },
      ];
      const times = await alternate(candidates, { milliseconds: effort(160), warmUp: effort(80), rounds: 2 });
      const rate = (/** @type {string} */ name, /** @type {number} */ flop) => {
        const { median = NaN, best = NaN } = times.get(name) ?? {};
        return { median: flop / median / 1e6, best: flop / best / 1e6 };
      };
      const ours = rate('other', stepFlop(hidden, batch));
      const peer = rate('tutorial', tutorialFlop);
      rows.push({
        ...ROW_NOTHING,
        figure: `training step, H = ${hidden}, B = ${batch}`,
        variant,
        hidden,
        batch,
        workspaceBytes: other.workspaceBytes,
        ours: ours.median,
        oursBest: ours.best,
        peer: peer.median,
        peerBest: peer.best,
        peerName: "the tutorial's shape",
        unit: 'GFLOP/s',
        ratio: ours.median / peer.median,
      });
      other.dispose();
    }
  }
  engine.dispose();
  return rows;
}

/**
 * Memory of an engine that trains the tutorial's network on all 60,000 images.
 * @param {string} variant
 * @param {number} threads
 * @param {import('./ours.js').LabelledImages} train
 */
export async function memoryRows(variant, threads, train) {
  const engine = await loadEngine({ variant, threads });
  const row = (/** @type {string} */ figure, /** @type {number} */ bytes) => ({
    ...ROW_NOTHING,
    figure,
    variant,
    threads,
    ours: bytes / MIB,
    unit: 'MiB',
  });
  const empty = row('memory, engine', engine.memoryBytes);
  const network = engine.createNetwork();
  const dataset = engine.createDataset(firstOf(train, train.count));
  const trainer = network.trainer(dataset, TUTORIAL);
  trainer.slice({ batches: 3 });
  const full = row(`memory, training on ${train.count} images`, engine.memoryBytes);
  const megabytes = engine.memoryBytes / 1e6;
  trainer.dispose();
  network.dispose();
  dataset.dispose();
  engine.dispose();
  const peer = MEMORY_LIMIT * (1e6 / MIB);
  return [
    empty,
    row("memory, tutorial's network (workspaceBytes)", network.workspaceBytes),
    { ...full, peer, peerName: `limit of ${MEMORY_LIMIT} MB`, ratio: MEMORY_LIMIT / megabytes },
  ];
}
