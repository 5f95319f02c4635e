/** The images that the worker trains and tests on: bundled, all of MNIST, Fashion-MNIST, or the user's own files. */

import { download } from './download.js';
import {
  DEFAULT_DATA_SET,
  FileError,
  joinIdx,
  readIdx,
  readLabelledImages,
  recogniseLabels,
} from './lib/index.js';

/** @typedef {import('./lib/index.js').Dataset} Dataset */
/** @typedef {import('./lib/idx.js').LabelledImages} LabelledImages */
/** @typedef {import('./lib/idx.js').DataFile & {name: string}} NamedData */

const DATA = new URL('./data/', import.meta.url);

/** The tutorial keeps the first 5,000 of MNIST's training images for validation. */
const VALIDATION_IMAGES = 5000;

const FASHION = 'fashion-mnist';

/** @param {string} prefix @param {string} [ending] */
const filesOf = (prefix, ending = '.gz') => ({
  images: `${prefix}-images-idx3-ubyte${ending}`,
  labels: `${prefix}-labels-idx1-ubyte${ending}`,
});

/** What to train on, by source. */
const TRAIN = Object.freeze({
  bundled: filesOf('train-10k'),
  full: filesOf('full/train', ''),
  fashion: filesOf('fashion-train-10k'),
});
/** What to test on, by data set. @type {Record<string, ReturnType<typeof filesOf>>} */
const TEST = Object.freeze({ [DEFAULT_DATA_SET]: filesOf('t10k'), [FASHION]: filesOf('fashion-t10k') });
const FASHION_SAMPLES = filesOf('fashion-samples');

/** @param {string} path */
async function fetchData(path) {
  const name = path.replace(/.*\//, '');
  return { name, bytes: await download(new URL(path, DATA), name) };
}

/** @param {{images: string, labels: string}} files */
async function fetchPair({ images, labels }) {
  return readLabelledImages(...(await Promise.all([fetchData(images), fetchData(labels)])));
}

/** Fashion-MNIST's pictures come with the page only where whoever built it had them. @param {ReturnType<typeof filesOf>} files */
async function fetchFashion(files) {
  try {
    return await fetchPair(files);
  } catch (error) {
    if (/** @type {any} */ (error).details?.reason !== 'HTTP 404') throw error;
    const message =
      'This site comes without the pictures of Fashion-MNIST. Train on your own copy of its files.';
    throw new FileError('no-fashion', message, {});
  }
}

/** A hundred of Fashion-MNIST's test images: ten times one of each class. */
export const fetchFashionSamples = () => fetchFashion(FASHION_SAMPLES);

/** @param {LabelledImages} data @param {number} first */
function without(data, first) {
  const size = data.rows * data.columns;
  const { images, labels, count } = data;
  return {
    ...data,
    images: images.subarray(first * size),
    labels: labels.subarray(first),
    count: count - first,
  };
}

export class TrainingData {
  #engine;
  /** @type {{source: string, train: Dataset} | null} */
  #train = null;
  /** @type {{source: LabelledImages | string, dataset: Dataset} | null} */
  #test = null;
  /** @type {{train: LabelledImages, test: LabelledImages | null, dataSet: string} | null} */
  #own = null;
  #ownVersion = 0;

  /** @param {import('./lib/index.js').Engine} engine */
  constructor(engine) {
    this.#engine = engine;
  }

  /**
   * The images in the module's memory. Those before are freed: nothing may train on them any more.
   * @param {import('./protocol.js').DataSource} source
   * @returns {Promise<{train: Dataset, test: Dataset, dataSet: string}>}
   */
  async load(source) {
    const own = source === 'own' ? this.#own : null;
    if (source === 'own' && !own) throw new FileError('no-data', 'Choose your data files first.');
    const key = source === 'own' ? `own ${this.#ownVersion}` : source;
    if (this.#train?.source !== key) {
      const images = own?.train ?? (await this.#fetchTrain(source));
      this.#train?.train.dispose();
      this.#train = null;
      this.#train = { source: key, train: this.#engine.createDataset(images) };
    }
    const dataSet = own?.dataSet ?? (source === 'fashion' ? FASHION : DEFAULT_DATA_SET);
    const testSource = own?.test ?? dataSet;
    if (this.#test?.source !== testSource) {
      const fetchTest = dataSet === FASHION ? fetchFashion : fetchPair;
      const images = own?.test ?? (await fetchTest(TEST[dataSet]));
      this.#test?.dataset.dispose();
      this.#test = null;
      this.#test = { source: testSource, dataset: this.#engine.createDataset(images) };
    }
    return { train: this.#train.train, test: this.#test.dataset, dataSet };
  }

  /** Frees the images. Nothing may train or be tested on them any more. */
  dispose() {
    this.#train?.train.dispose();
    this.#test?.dataset.dispose();
    this.#train = null;
    this.#test = null;
  }

  /** @param {import('./protocol.js').DataSource} source */
  async #fetchTrain(source) {
    if (source === 'fashion') return fetchFashion(TRAIN.fashion);
    if (source !== 'full') return fetchPair(TRAIN.bundled);
    return without(await fetchPair(TRAIN.full), VALIDATION_IMAGES);
  }

  /**
   * @param {import('./protocol.js').DataFileBytes[]} files
   * @returns {Promise<import('./protocol.js').DataInfo>}
   */
  async useFiles(files) {
    const read = await Promise.all(
      files.map(async ({ name, bytes }) => ({ ...(await readIdx(bytes, name)), name })),
    );
    const [train, test = null] = pairUp(read);
    for (const { rows, columns } of test ? [train, test] : [train]) {
      if (rows !== 28 || columns !== 28) {
        const details = { name: files[0].name, expected: '28 x 28', found: `${rows} x ${columns}` };
        const message = `The images are ${details.found}; expected ${details.expected}.`;
        throw new FileError('bad-image-size', message, details);
      }
    }
    const dataSet = recogniseLabels(train.labels);
    this.#own = { train, test, dataSet };
    this.#ownVersion++;
    return { train: train.count, test: test?.count ?? 0, ownTest: test !== null, dataSet };
  }
}

/**
 * Two or four files in any order: images and labels of the same count belong together; the larger
 * pair is to train on. Of equal counts the names must tell.
 * @param {NamedData[]} files
 */
function pairUp(files) {
  const images = files.filter(({ kind }) => kind === 'images');
  const labels = files.filter(({ kind }) => kind === 'labels');
  if (images.length !== labels.length || images.length < 1 || images.length > 2) {
    const details = { images: images.length, labels: labels.length };
    const message = `Choose one file of images and one of labels, or two of each; found ${images.length} and ${labels.length}.`;
    throw new FileError('idx-count', message, details);
  }
  const isTest = (/** @type {{name: string}} */ { name }) => /t10k|test/i.test(name);
  const order = (/** @type {NamedData} */ a, /** @type {NamedData} */ b) =>
    b.sizes[0] - a.sizes[0] || Number(isTest(a)) - Number(isTest(b));
  const isUnclear = (/** @type {NamedData[]} */ pair) =>
    pair.length === 2 && pair[0].sizes[0] === pair[1].sizes[0] && isTest(pair[0]) === isTest(pair[1]);
  if (isUnclear(images) || isUnclear(labels)) {
    const message = 'Two sets of the same size: put "test" into the names of the files to test on.';
    throw new FileError('unclear-pairs', message, {});
  }
  images.sort(order);
  labels.sort(order);
  return images.map((file, i) => joinIdx(file, labels[i]));
}
