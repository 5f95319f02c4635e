/**
 * The networks that "Why LSTM?" compares: of one size and one seed, untrained, as shipped or as trained in
 * this tab; and what is measured on them. They are apart from the network that answers the drawing.
 */

import { COMPARED } from './protocol.js';

/** @typedef {import('./lib/index.js').Network} Network */
/** @typedef {import('./lib/network.js').NetworkConfig} NetworkConfig */
/** @typedef {import('./lib/safetensors.js').Tensor} Tensor */
/** @typedef {import('./protocol.js').ComparedName} ComparedName */
/** @typedef {import('./protocol.js').CompareRequest} CompareRequest */
/** @typedef {import('./protocol.js').Stage} Stage */

const CLASSES = 10;
const COLUMNS = 28;
/** As much of a pixel is ink. */
const HALF_INK = 127;

/** What a network is made of. @typedef {Partial<NetworkConfig> & {seed: number}} Config */

/**
 * A network's weights and what is known of them.
 * @typedef {object} Source
 * @property {Config} config
 * @property {Map<string, Tensor> | null} tensors null: as its seed gives them
 * @property {number | null} accuracy
 * @property {string} loss
 */

/** Where nothing is shipped. */
const COMMON = Object.freeze({ hidden: 100, layers: 1, seed: 1 });

/** @type {Readonly<Record<ComparedName, Partial<NetworkConfig>>>} */
const KINDS = Object.freeze({
  feedforward: { cell: 'feedforward', activation: 'logistic' },
  'rnn-tanh': { cell: 'rnn', activation: 'tanh' },
  'rnn-linear': { cell: 'rnn', activation: 'linear' },
  lstm: { cell: 'lstm' },
  'lstm-peephole': { cell: 'lstm-peephole' },
});

/** What comes back from a step to the next is multiplied by these. @param {string} name */
const isRecurrent = (name) => name.includes('.weight_hh_l');
/** Holds the constant forget bias. @param {string} name */
const isForgetBias = (name) => name.startsWith('lstm.bias_hh_l');

/** @param {ArrayLike<number>} values */
const indexOfGreatest = (values) =>
  Array.from(values).reduce((best, value, i, all) => (value > all[best] ? i : best), 0);

/** @param {ArrayLike<number>} values */
const mean = (values) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;

export class Comparison {
  #engine;
  #listed;
  #download;
  /** @type {Map<ComparedName, Promise<Source | null>>} */
  #shipped = new Map();
  /** @type {Map<ComparedName, Source>} trained in this tab */
  #here = new Map();
  /** @type {Map<ComparedName, {key: string, network: Network}>} as measured last */
  #made = new Map();

  /**
   * @param {import('./lib/index.js').Engine} engine
   * @param {Promise<import('./protocol.js').Pretrained[]>} listed
   * @param {(file: string) => Promise<Uint8Array>} download
   */
  constructor(engine, listed, download) {
    this.#engine = engine;
    this.#listed = listed;
    this.#download = download;
  }

  /** Those that are not there (not shipped, or not trained here) are left out. @param {CompareRequest} request */
  async compare(request) {
    const networks = [];
    for (const name of COMPARED) {
      const source = await this.#source(name, request.stage);
      if (source) networks.push(measure(name, this.#network(name, source, request), source, request));
    }
    return { request, networks };
  }

  /** What a network of this name is made of. @param {ComparedName} name @returns {Promise<Config>} */
  async configOf(name) {
    const shipped = await this.#shippedSource(name).catch(() => null); // offline: as if none were shipped
    return shipped?.config ?? { ...KINDS[name], ...COMMON };
  }

  /** Takes what was trained in this tab. @param {Map<ComparedName, Source>} sources */
  useTrained(sources) {
    this.#here = sources;
    this.#made.forEach((made) => (made.key = ''));
  }

  /** @param {ComparedName} name @param {Stage} stage @returns {Promise<Source | null>} */
  async #source(name, stage) {
    if (stage === 'here') return this.#here.get(name) ?? null;
    if (stage === 'after') return this.#shippedSource(name);
    return { config: await this.configOf(name), tensors: null, accuracy: null, loss: 'cross-entropy' };
  }

  /** @param {ComparedName} name */
  #shippedSource(name) {
    const known = this.#shipped.get(name);
    if (known) return known;
    const source = this.#load(name);
    this.#shipped.set(name, source);
    source.catch(() => this.#shipped.delete(name)); // tried again the next time
    return source;
  }

  /** @param {ComparedName} name @returns {Promise<Source | null>} */
  async #load(name) {
    const entry = (await this.#listed).find(({ recipe, compared }) => compared && recipe === name);
    if (!entry) return null;
    const network = this.#engine.openNetwork(await this.#download(entry.file), { name: entry.file });
    try {
      const { seed = COMMON.seed, loss = 'cross-entropy' } = network.metadata;
      const config = { ...network.config, seed: Number(seed) };
      return { config, tensors: network.tensors(), accuracy: entry.accuracy, loss };
    } finally {
      network.dispose();
    }
  }

  /** @param {ComparedName} name @param {Source} source @param {CompareRequest} request */
  #network(name, source, { stage, recurrentScale, forgetBias }) {
    const key = [stage, recurrentScale, forgetBias].join();
    const before = this.#made.get(name);
    if (before?.key === key) return before.network;
    before?.network.dispose();
    this.#made.delete(name);
    const network = this.#engine.createNetwork({ ...source.config, forgetBias, batch: 1 });
    const own = network.tensors();
    const changed = new Map();
    for (const [tensor, trained] of source.tensors ?? own) {
      const { shape, data } = isForgetBias(tensor) ? (own.get(tensor) ?? trained) : trained;
      const scale = isRecurrent(tensor) ? recurrentScale : 1;
      changed.set(tensor, { shape, data: data.map((value) => value * scale) });
    }
    network.setTensors(changed);
    this.#made.set(name, { key, network });
    return network;
  }
}

/**
 * @param {ComparedName} name
 * @param {Network} network
 * @param {Source} source
 * @param {CompareRequest} request
 * @returns {import('./protocol.js').Compared}
 */
function measure(name, network, { accuracy, loss: lossName }, { pixels, label, dot }) {
  const { steps, probabilities, layers } = network.trace(pixels);
  const last = probabilities.subarray((steps - 1) * CLASSES);
  const answer = indexOfGreatest(last);
  const flow = network.gradientFlow(pixels, [label ?? answer], { loss: lossName });
  const added = pixels[dot.row * COLUMNS + dot.column] <= HALF_INK;
  const change = network.sensitivity(pixels, dot.row, dot.column, { value: added ? 255 : 0 });
  const { after } = change.probabilities;
  // What is compared has one layer; of more, the last is the one that answers.
  const top = flow.layers.length - 1;
  const { hidden, cell, halfLife } = flow.layers[top];
  return {
    name,
    steps,
    accuracy,
    answer,
    probability: last[answer],
    loss: flow.loss,
    forget: layers[top].forget ? mean(layers[top].forget) : null,
    input: flow.input,
    hidden,
    cell,
    halfLife,
    memory: {
      added,
      ...change.layers[top],
      answer: indexOfGreatest(after),
      probability: after[answer],
    },
  };
}
