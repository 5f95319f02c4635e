/**
 * The worker: owns the WebAssembly module and the network that answers, and trains in slices, so
 * that a drawing, a pause or a stop never waits longer than one slice. Messages: protocol.js.
 */

import { ComparedTrainings } from './compared-trainings.js';
import { Comparison } from './comparison.js';
import { download } from './download.js';
import { CancelledError, dataSetOf, FileError, loadEngine } from './lib/index.js';
import { EVENT, REQUEST, toPlainError } from './protocol.js';
import { fetchFashionSamples, TrainingData } from './training-data.js';
import { Training } from './training.js';

/** @typedef {import('./lib/index.js').Network} Network */
/** @typedef {import('./protocol.js').ModelInfo} ModelInfo */

const MODELS = new URL('./build/models/', import.meta.url);

/** @type {(ports: MessagePort[]) => void} */
let haveThreads;
/** @type {Promise<MessagePort[]>} the page's first message */
const threadsMade = new Promise((resolve) => {
  haveThreads = resolve;
});

/** @type {Promise<import('./lib/index.js').Engine>} begun at once, awaited by whoever needs it */
const loading = threadsMade.then((threadPorts) => loadEngine({ threadPorts }));
loading.catch(() => {}); // told to the page when it asks to start

/** @type {{network: Network, info: ModelInfo} | null} what answers drawings */
let model = null;

/** @param {string} event @param {unknown} value */
const tell = (event, value) => self.postMessage({ event, value });

/**
 * Another network answers from now on. The one before must not be in training any more.
 * @param {Network} network
 * @param {ModelInfo} info
 */
function adopt(network, info) {
  const before = model?.network;
  model = { network, info };
  if (before !== network) before?.dispose();
  tell(EVENT.MODEL, info);
}

async function prepare() {
  const engine = await loading;
  const training = new Training(new TrainingData(engine), { engine, adopt, tell });
  const comparison = new Comparison(engine, listed, (file) => download(new URL(file, MODELS), file));
  const compared = new ComparedTrainings({
    engine,
    comparison,
    training,
    tell: (status) => tell(EVENT.COMPARED_TRAINING, status),
  });
  return { engine, training, comparison, compared };
}

const ready = prepare();
ready.catch(() => {});

/** The network of a file, if it reads digits. @param {Uint8Array} bytes @param {string} name */
async function openNetwork(bytes, name) {
  const { engine } = await ready;
  const network = engine.openNetwork(bytes, { name, batch: 1 }); // it reads one drawing at a time
  const { inputs, steps, classes } = network.config;
  if (inputs === 28 && steps === 28 && classes === 10) return network;
  network.dispose();
  const [expected, found] = ['28 x 28 -> 10', `${steps} x ${inputs} -> ${classes}`];
  const message = `${name} reads other images: expected ${expected}, found ${found}. Your current model is unchanged.`;
  throw new FileError('other-images', message, { name, expected, found });
}

/**
 * The network of a file answers from now on.
 * @param {Network} network
 * @param {string} name
 * @param {'file' | 'pretrained'} origin
 */
function adoptOpened(network, name, origin) {
  const { cell, activation, hidden, layers } = network.config;
  const { recipe = '' } = network.metadata;
  const parameters = network.parameterCount;
  /** @type {ModelInfo} */
  const info = {
    name,
    origin,
    cell,
    activation,
    hidden,
    layers,
    parameters,
    accuracy: share(network.metadata.test_accuracy),
    recipe,
    dataSet: dataSetOf(network.metadata),
    sureAbove: share(network.metadata.sure_above),
  };
  adopt(network, info);
  return info;
}

/** A number from 0 to 1 of a file's metadata; else null. @param {string | undefined} text */
function share(text) {
  const value = Number(text ?? NaN);
  return value >= 0 && value <= 1 ? value : null;
}

/**
 * @param {Uint8Array} bytes
 * @param {string} name
 * @param {'file' | 'pretrained'} origin
 */
async function openModel(bytes, name, origin) {
  const { training } = await ready;
  const network = await openNetwork(bytes, name);
  if (await training.leave()) return adoptOpened(network, name, origin);
  network.dispose();
  throw new CancelledError();
}

/** @returns {Promise<import('./protocol.js').Pretrained[]>} */
async function downloadList() {
  const bytes = await download(new URL('index.json', MODELS), 'index.json');
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** @type {Promise<import('./protocol.js').Pretrained[]>} */
const listed = downloadList();
listed.catch(() => {}); // told by those who need it

/**
 * The network that the page opens with. It comes while the module is compiled, and is opened before the page
 * asks for it: that may be busy with making its panels.
 */
async function openFirst() {
  const pretrained = await listed;
  const first = pretrained.find((entry) => entry.default) ?? pretrained[0];
  if (!first) return null;
  const bytes = await download(new URL(first.file, MODELS), first.file);
  const network = await openNetwork(bytes, first.file);
  network.predict(new Uint8Array(28 * 28)); // engines compile functions when they are first called
  return { file: first.file, network };
}
const opened = openFirst();
opened.catch(() => {}); // told by start()

async function start() {
  /** @type {import('./protocol.js').Pretrained[]} */
  let pretrained = [];
  let problem = null;
  try {
    pretrained = await listed;
    const first = await opened;
    if (first) {
      const { training } = await ready;
      // Somebody was faster: what they opened or began stays.
      if (model === null && training.isUntouched) adoptOpened(first.network, first.file, 'pretrained');
      else first.network.dispose();
    }
  } catch (error) {
    problem = toPlainError(error);
  }
  const { engine } = await ready;
  const { variant, threads } = engine;
  const isolated = Boolean(self.crossOriginIsolated);
  return { variant, simd: variant !== 'scalar', threads, isolated, pretrained, problem };
}

/**
 * @param {import('./protocol.js').ReadRequest} request
 * @returns {Promise<import('./protocol.js').Answer>}
 */
async function read({ drawing, traced }) {
  const { engine } = await ready;
  const { picture, strokes, centre } = drawing;
  const { pixels, blank } = picture
    ? { pixels: picture, blank: false }
    : engine.readDrawing(strokes, { centre });
  if (blank || !model) return { pixels, blank, label: null, probabilities: null, trace: null };
  const { network } = model;
  const { label, probabilities } = network.predict(pixels);
  // A network that diverged knows nothing.
  if (!probabilities.every(Number.isFinite)) {
    return { pixels, blank, label: null, probabilities: null, trace: null };
  }
  const { cell, hidden } = network.config;
  return {
    pixels,
    blank,
    label,
    probabilities,
    trace: traced ? { cell, hidden, ...network.trace(pixels) } : null,
  };
}

function save() {
  if (!model) throw new FileError('no-model', 'There is no network to save yet.');
  const { cell, hidden, accuracy, recipe } = model.info;
  /** @type {Record<string, string>} */
  const metadata = { ...model.network.metadata, recipe };
  if (accuracy === null) delete metadata.test_accuracy;
  else metadata.test_accuracy = String(accuracy);
  const percent = accuracy === null ? '' : `-${Math.floor(accuracy * 1e4) / 100}`;
  return {
    name: `${cell}-${hidden}${percent}.safetensors`,
    bytes: model.network.toSafetensors({ metadata }),
  };
}

/** @type {Record<string, (message: any) => unknown>} */
const HANDLERS = {
  [REQUEST.THREADS]: ({ ports }) => haveThreads(ports),
  [REQUEST.START]: start,
  [REQUEST.READ]: read,
  [REQUEST.SAMPLES]: fetchFashionSamples,
  [REQUEST.OPEN_FILE]: ({ bytes, name }) => openModel(bytes, name, 'file'),
  [REQUEST.OPEN_PRETRAINED]: async ({ file }) =>
    openModel(await download(new URL(file, MODELS), file), file, 'pretrained'),
  [REQUEST.SAVE]: save,
  [REQUEST.USE_FILES]: async ({ files }) => (await ready).training.useFiles(files),
  [REQUEST.TRAIN]: async ({ settings }) => (await ready).training.start(settings),
  [REQUEST.TRAIN_BATCH]: async ({ settings }) => (await ready).training.oneBatch(settings),
  [REQUEST.PAUSE]: async () => (await ready).training.pause(),
  [REQUEST.RESUME]: async () => (await ready).training.resume(),
  [REQUEST.STOP]: async () => (await ready).training.stop(),
  [REQUEST.GO_BACK]: async () => (await ready).training.goBack(),
  [REQUEST.COMPARE]: async ({ id: _id, type: _type, ...request }) =>
    (await ready).comparison.compare(request),
  [REQUEST.TRAIN_COMPARED]: async () => (await ready).compared.start(),
  [REQUEST.CANCEL_COMPARED]: async () => (await ready).compared.cancel(),
};

self.onmessage = async ({ data }) => {
  const { id, type } = data;
  try {
    self.postMessage({ id, value: await HANDLERS[type](data) });
  } catch (error) {
    self.postMessage({ id, error: toPlainError(error) });
  }
};
