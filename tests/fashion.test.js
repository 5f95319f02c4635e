/** Fashion-MNIST: its files, and what of it comes with the page. Skipped, with the reason, where it can't be had. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { loadMnist } from '../models/mnist.js';
import { dataSetOf, labelSum, loadEngine, readLabelledImages, recogniseLabels } from '../web/lib/index.js';
import { FASHION_SUMS, MNIST_SUMS, readFashion } from '../web/mnist-files.js';
import { TrainingData } from '../web/training-data.js';
import { withoutFashion } from './support/fashion.js';

const DATA = new URL('../web/data/', import.meta.url);
const skip = withoutFashion();
const script = fileURLToPath(new URL('../models/train.js', import.meta.url));

/** @param {string} name of a pair in web/data/ */
async function readPair(name) {
  const [images, labels] = await Promise.all(
    [`${name}-images-idx3-ubyte.gz`, `${name}-labels-idx1-ubyte.gz`].map(async (file) => ({
      name: file,
      bytes: new Uint8Array(await readFile(new URL(file, DATA))),
    })),
  );
  return readLabelledImages(images, labels);
}

/** @param {ArrayLike<number>} labels */
function countClasses(labels) {
  const counts = new Array(10).fill(0);
  for (const label of Array.from(labels)) counts[label]++;
  return counts;
}

test('the files have the published MD5 sums, sizes and classes', { skip }, async () => {
  const { train, test: kept } = await loadMnist(undefined, 'fashion-mnist');
  for (const [data, count] of /** @type {const} */ ([
    [train, 60000],
    [kept, 10000],
  ])) {
    assert.deepEqual([data.count, data.rows, data.columns], [count, 28, 28]);
    assert.deepEqual(countClasses(data.labels), new Array(10).fill(count / 10));
    assert.equal(recogniseLabels(data.labels), 'fashion-mnist');
  }
  const digits = await loadMnist();
  assert.equal(recogniseLabels(digits.train.labels), 'mnist');
  assert.notDeepEqual(digits.test.images, kept.images);
});

test('labels are told apart by their sum; a file of an unknown data set reads digits', () => {
  assert.equal(labelSum(new Uint8Array()), 0x811c9dc5, 'FNV-1a of nothing');
  assert.equal(labelSum(new TextEncoder().encode('foobar')), 0xbf9cf968, 'FNV-1a of "foobar"');
  assert.equal(recogniseLabels(new Uint8Array(60000)), 'mnist');
  assert.equal(dataSetOf({ data_set: 'fashion-mnist' }), 'fashion-mnist');
  assert.equal(dataSetOf({ data_set: 'toString' }), 'mnist');
  assert.equal(dataSetOf({}), 'mnist');
});

test('files of other content or none are refused with a way out', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lstm-wasm-'));
  try {
    await assert.rejects(
      readFashion('t10k-labels-idx1-ubyte', folder),
      /Fashion-MNIST isn't here: .* has no t10k-labels-idx1-ubyte.*apt-get install dataset-fashion-mnist/,
    );
    writeFileSync(join(folder, 't10k-labels-idx1-ubyte.gz'), gzipSync(Buffer.from('another file')));
    await assert.rejects(
      readFashion('t10k-labels-idx1-ubyte', folder),
      /is not the original \(MD5 sum [0-9a-f]{32}, expected 15d484375f8d13e6eb1aabb0c3f46965\)/,
    );
    assert.notDeepEqual(FASHION_SUMS, MNIST_SUMS);
    const { status, stderr } = spawnSync(process.execPath, [script, 'fashion', '--data', folder], {
      encoding: 'utf8',
    });
    assert.equal(status, 1);
    assert.match(stderr, /has neither train-images-idx3-ubyte nor/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test(
  'what comes with the page: 10,000 to train on, all test images, a hundred to try',
  { skip },
  async () => {
    const { train, test: kept } = await loadMnist(undefined, 'fashion-mnist');
    const original = (/** @type {typeof train} */ { images }, /** @type {number} */ i) =>
      Buffer.from(images.subarray(i * 784, (i + 1) * 784)).toString('latin1');
    const places = (/** @type {typeof train} */ data) =>
      new Map(Array.from({ length: data.count }, (_, i) => [original(data, i), i]));

    const bundled = await readPair('fashion-train-10k');
    assert.deepEqual(countClasses(bundled.labels), new Array(10).fill(1000));
    const ofTrain = places(train);
    for (let i = 0; i < bundled.count; i++) {
      const place = ofTrain.get(original(bundled, i)) ?? -1;
      assert.ok(
        place >= 0 && train.labels[place] === bundled.labels[i],
        `image ${i} is not of the training set`,
      );
    }
    assert.deepEqual(await readPair('fashion-t10k'), kept);

    const samples = await readPair('fashion-samples');
    assert.equal(samples.count, 100);
    samples.labels.forEach((label, i) => assert.equal(label, i % 10));
    const ofTest = places(kept);
    const found = Array.from({ length: 100 }, (_, i) => ofTest.get(original(samples, i)));
    assert.equal(new Set(found).size, 100, 'some samples are alike');
    found.forEach((place, i) => assert.equal(kept.labels[place ?? -1], samples.labels[i]));
  },
);

test('files of Fashion-MNIST that a user drops are known by their labels', { skip }, async () => {
  const engine = await loadEngine({ threads: 1 });
  const data = new TrainingData(engine);
  const names = /** @type {const} */ ([
    't10k-labels-idx1-ubyte',
    't10k-images-idx3-ubyte',
    'train-images-idx3-ubyte',
    'train-labels-idx1-ubyte',
  ]);
  const files = await Promise.all(names.map((name) => readFashion(name)));
  const info = await data.useFiles(files);
  assert.deepEqual(info, { train: 60000, test: 10000, ownTest: true, dataSet: 'fashion-mnist' });
  const loaded = await data.load('own');
  assert.deepEqual([loaded.train.count, loaded.test.count, loaded.dataSet], [60000, 10000, 'fashion-mnist']);
  data.dispose();
});
