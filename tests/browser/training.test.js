/** The worker's training, without a browser: what a person's clicks could bring into disorder. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { DivergedError, loadEngine } from '../../web/lib/index.js';
import { Training } from '../../web/training.js';

/** @typedef {import('../../web/protocol.js').TrainSettings} TrainSettings */
/** @typedef {import('../../web/lib/index.js').Network} Network */

const engine = await loadEngine({ threads: 1 });
after(() => engine.dispose());

const COUNT = 60;
const images = Uint8Array.from({ length: COUNT * 784 }, (_, i) => (i * 37) % 256);
const labels = Uint8Array.from({ length: COUNT }, (_, i) => i % 10);
const dataset = engine.createDataset({ images, labels });

/** @type {TrainSettings} */
const SETTINGS = {
  recipe: 'custom',
  network: { cell: 'lstm', activation: 'tanh', hidden: 8, layers: 1, forgetBias: 1 },
  training: {
    batch: 10,
    epochs: 3,
    learningRate: 0.01,
    loss: 'cross-entropy',
    schedule: 'constant',
    clipNorm: 0,
  },
  seed: 1,
  data: 'bundled',
  stopAt: null,
};

/** A training with what it told. @param {{createNetwork?: (config: any) => Network, wait?: () => Promise<void>}} [fakes] */
function createTraining({
  createNetwork = (config) => engine.createNetwork(config),
  wait = async () => {},
} = {}) {
  /** @type {any[]} */
  const told = [];
  /** @type {Network[]} */
  const adopted = [];
  const data = {
    load: async () => {
      await wait();
      return { train: dataset, test: dataset, dataSet: 'mnist' };
    },
  };
  const training = new Training(/** @type {any} */ (data), {
    engine: /** @type {any} */ ({ createNetwork }),
    adopt: (network) => {
      const before = adopted.at(-1);
      if (before !== network) {
        before?.dispose();
        adopted.push(network);
      }
    },
    tell: (event, value) => told.push({ event, .../** @type {object} */ (value) }),
  });
  const status = () => told.filter(({ event }) => event === 'training').at(-1);
  /** @param {string} state */
  const until = async (state) => {
    while (status()?.state !== state || status()?.phase !== '')
      await new Promise((resolve) => setTimeout(resolve, 1));
  };
  return { training, told, adopted, status, until };
}

test('trains to the end and tells each epoch', async () => {
  const { training, told, until, status } = createTraining();
  await training.start(SETTINGS);
  await until('done');
  const epochs = told.filter(({ event }) => event === 'epoch');
  assert.deepEqual(
    epochs.map(({ epoch, iteration }) => [epoch, iteration]),
    [
      [0, 6],
      [1, 12],
      [2, 18],
    ],
  );
  assert.equal(status().iteration, 18);
});

test('stops when the wanted accuracy is reached', async () => {
  const { training, until, status } = createTraining();
  await training.start({ ...SETTINGS, stopAt: 0.01, training: { ...SETTINGS.training, epochs: 500 } });
  await until('done');
  assert.ok(status().reached);
  assert.ok(status().epoch < 500);
});

test('paused, trained batch by batch and resumed it ends with the same bits', async () => {
  const [plain, stepped] = [createTraining(), createTraining()];
  await plain.training.start(SETTINGS);
  await plain.until('done');
  for (let i = 0; i < 7; i++) await stepped.training.oneBatch(SETTINGS);
  assert.equal(stepped.status().state, 'paused');
  assert.equal(stepped.status().iteration, 7);
  stepped.training.resume();
  stepped.training.pause();
  stepped.training.resume();
  await stepped.until('done');
  assert.deepEqual(stepped.adopted[0].tensors(), plain.adopted[0].tensors());
});

test('a later start wins over one that still loads; a stop while loading leaves nothing behind', async () => {
  const { training, adopted, until, status } = createTraining({
    wait: () => new Promise((resolve) => setTimeout(resolve, 20)),
  });
  const first = training.start(SETTINGS);
  const second = training.start({ ...SETTINGS, network: { ...SETTINGS.network, hidden: 5 } });
  await Promise.all([first, second]);
  await until('done');
  assert.deepEqual(
    adopted.map(({ config }) => config.hidden),
    [5],
  );
  const third = training.start(SETTINGS);
  await training.stop();
  await third;
  assert.equal(adopted.length, 1);
  assert.equal(status().state, 'idle');
});

test('a start during training replaces the network; leaving ends it', async () => {
  const long = { ...SETTINGS, training: { ...SETTINGS.training, epochs: 100000 } };
  const { training, adopted, status } = createTraining();
  await training.start(long);
  await training.start({ ...long, seed: 2 });
  assert.equal(adopted.length, 2);
  await training.leave();
  const { iteration } = status();
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(status().iteration, iteration, 'it trains on');
});

test('after NaN one can go back to the weights of the last epoch', async () => {
  /** A network whose loss is NaN at its tenth batch. @param {any} config */
  const createNetwork = (config) => {
    const network = engine.createNetwork(config);
    const original = network.trainer.bind(network);
    network.trainer = (...args) => {
      const trainer = original(...args);
      const slice = trainer.slice.bind(trainer);
      trainer.slice = () => {
        if (trainer.progress.iteration === 9) throw new DivergedError(2, 4);
        return slice({ batches: 1 });
      };
      return trainer;
    };
    return network;
  };
  const { training, adopted, until, status } = createTraining({ createNetwork });
  const good = createTraining();
  await good.training.start({ ...SETTINGS, training: { ...SETTINGS.training, epochs: 1 } });
  await good.until('done');
  await training.start(SETTINGS);
  await until('failed');
  assert.equal(status().error.code, 'diverged');
  assert.equal(status().error.details.batch, 4);
  assert.notDeepEqual(adopted[0].tensors(), good.adopted[0].tensors());
  training.goBack();
  assert.equal(status().state, 'idle');
  assert.deepEqual(adopted[0].tensors(), good.adopted[0].tensors());
});

test('a network that cannot be made leaves the one before', async () => {
  const { training, adopted, status } = createTraining();
  await training.oneBatch(SETTINGS);
  await assert.rejects(training.start({ ...SETTINGS, network: { ...SETTINGS.network, hidden: 0 } }), {
    code: 'bad-config',
  });
  assert.equal(status().state, 'idle');
  assert.equal(adopted.length, 1);
  assert.equal(adopted[0].predict(images.subarray(0, 784)).probabilities.length, 10);
});
