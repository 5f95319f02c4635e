/** The panel Model: what answers now, save, load, the pretrained networks. */

import { DEFAULT_DATA_SET } from '../lib/data-sets.js';
import { CELLS_WITH_ACTIVATION } from '../lib/settings.js';
import { h, setText } from './dom.js';
import { acceptDrops, fileButton } from './drop.js';
import { fileSize, hasWords, inLanguage, number, percent, t, translate } from './language.js';
import { errorText } from './notices.js';

/** @typedef {import('../protocol.js').ModelInfo} ModelInfo */
/** @typedef {import('../protocol.js').Pretrained} Pretrained */

const FACTS = ['name', 'data', 'cell', 'hidden', 'parameters', 'accuracy'];

class ModelPanel {
  #root;
  #engine;
  /** @type {ModelInfo | null} */
  #model = null;
  /** @type {Pretrained[]} */
  #pretrained = [];
  /** @type {Record<string, HTMLElement>} */
  #facts = {};
  #none = h('p', { class: 'note', 'data-t': 'model.none' });
  #list = h('ul', { class: 'models' });
  #compared = h('ul', { class: 'models' });
  #comparedHeading = h('h3', { 'data-t': 'model.list-compared' });
  #message = h('p', { class: 'message', id: 'model-message', role: 'status' });
  #save = h('button', {
    type: 'button',
    id: 'model-save',
    'data-t': 'model.save',
    onclick: () => this.#download(),
  });
  /** @type {() => string} */
  #words = () => '';

  /**
   * @param {HTMLElement} root
   * @param {import('../engine.js').Engine} engine
   * @param {Promise<import('../protocol.js').EngineInfo>} started
   */
  constructor(root, engine, started) {
    this.#root = root;
    this.#engine = engine;
    this.#build();
    engine.on('model', (model) => {
      this.#model = model;
      this.#render();
    });
    started.then(
      ({ pretrained }) => {
        this.#pretrained = pretrained;
        this.#render();
      },
      () => {}, // told at the top of the page
    );
    inLanguage(() => {
      translate(this.#root);
      this.#render();
    });
  }

  #build() {
    const facts = h('dl', { class: 'statistics' });
    for (const name of FACTS) {
      this.#facts[name] = h('dd', { id: `model-${name}` });
      facts.append(h('div', {}, h('dt', { 'data-t': `model.${name}` }), this.#facts[name]));
    }
    const now = h(
      'div',
      { class: 'card' },
      h('h2', { 'data-t': 'model.heading' }),
      this.#none,
      facts,
      this.#save,
    );
    const [button, input] = fileButton('model-load', { key: 'model.load', accept: '.safetensors' }, (files) =>
      this.#open(files[0]),
    );
    const own = h(
      'div',
      { class: 'card' },
      h('h2', { 'data-t': 'model.file-heading' }),
      h('p', { class: 'drop-place' }, h('span', { 'data-t': 'model.drop' }), button, input),
      h('p', { class: 'note', 'data-t': 'model.format' }),
    );
    const list = h(
      'div',
      { class: 'card' },
      h('h2', { 'data-t': 'model.list' }),
      this.#list,
      this.#comparedHeading,
      this.#compared,
    );
    this.#root.append(this.#message, h('div', { class: 'cards' }, now, list, own));
    acceptDrops(this.#root, (files) => this.#open(files[0]));
  }

  /** @param {() => Promise<ModelInfo>} open */
  async #try(open) {
    try {
      const { name } = await open();
      this.#say(() => t('model.opened', { name }), false);
    } catch (error) {
      this.#say(() => errorText(error), true);
    }
  }

  /** @param {() => string} words @param {boolean} isError */
  #say(words, isError) {
    this.#words = words;
    this.#message.classList.toggle('error', isError);
    this.#render();
  }

  /** @param {File} file */
  #open(file) {
    this.#try(async () => this.#engine.openFile(file.name, await file.arrayBuffer()));
  }

  async #download() {
    try {
      const { name, bytes } = await this.#engine.save();
      const url = URL.createObjectURL(
        new Blob([/** @type {BlobPart} */ (bytes)], { type: 'application/octet-stream' }),
      );
      h('a', { href: url, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000); // by then the download has begun
    } catch (error) {
      this.#say(() => errorText(error), true);
    }
  }

  #render() {
    const model = this.#model;
    setText(this.#message, this.#words());
    this.#save.disabled = !model;
    this.#none.hidden = Boolean(model);
    /** @type {HTMLElement} */ (this.#facts.name.closest('dl')).hidden = !model;
    if (model) {
      setText(this.#facts.name, modelName(model));
      setText(this.#facts.data, t(`data-set.${model.dataSet}`));
      setText(this.#facts.cell, cellName(model));
      setText(
        this.#facts.hidden,
        t('model.layers', { hidden: number(model.hidden), layers: number(model.layers) }),
      );
      setText(this.#facts.parameters, number(model.parameters));
      setText(this.#facts.accuracy, accuracyText(model));
    }
    const compared = this.#pretrained.filter((entry) => entry.compared);
    const others = this.#pretrained.filter((entry) => !entry.compared);
    this.#list.replaceChildren(...others.map((entry) => this.#entry(entry)));
    this.#compared.replaceChildren(...compared.map((entry) => this.#entry(entry)));
    this.#comparedHeading.hidden = compared.length === 0;
    if (others.length === 0) this.#list.append(h('li', { class: 'note' }, t('model.list-empty')));
  }

  /** @param {Pretrained} entry */
  #entry({ file, bytes, cell, activation, hidden, layers, accuracy, dataSet }) {
    const units = t('model.layers', { hidden: number(hidden), layers: number(layers) });
    const inUse = this.#model?.origin === 'pretrained' && this.#model.name === file;
    const button = h(
      'button',
      {
        type: 'button',
        disabled: inUse,
        'aria-label': t('model.open-label', { name: file }),
        onclick: () => this.#try(() => this.#engine.openPretrained(file)),
      },
      t('model.open'),
    );
    const facts = [
      ...(dataSet === DEFAULT_DATA_SET ? [] : [t(`data-set.${dataSet}`)]),
      t('model.units', { cell: cellName({ cell, activation }), n: units }),
      fileSize(bytes),
      ...(accuracy === null ? [] : [percent(accuracy, 2)]),
    ].join(' · ');
    const name = h('span', { class: 'model-name', translate: 'no' }, file);
    const side = inUse ? h('span', { class: 'in-use' }, t('model.in-use')) : button;
    return h('li', {}, h('span', {}, name, h('span', { class: 'note' }, facts)), side);
  }
}

/** @param {{cell: string, activation: string}} model */
function cellName({ cell, activation }) {
  const name = t(`choice.${cell}`);
  if (!CELLS_WITH_ACTIVATION.includes(cell)) return name;
  return t('model.cell-activation', { cell: name, activation: t(`choice.${activation}`) });
}

/** @param {ModelInfo} model */
function modelName({ name, origin, recipe }) {
  const key = `preset.${recipe}`;
  return origin === 'trained' ? t('model.trained-here', { recipe: hasWords(key) ? t(key) : recipe }) : name;
}

/** @param {ModelInfo} model */
function accuracyText({ accuracy, origin }) {
  if (accuracy === null) return t('model.unknown');
  const text = percent(accuracy, 2);
  return origin === 'file' ? t('model.accuracy-file', { accuracy: text }) : text;
}

/**
 * @param {HTMLElement} root
 * @param {import('../engine.js').Engine} engine
 * @param {Promise<import('../protocol.js').EngineInfo>} started
 */
export function createModelPanel(root, engine, started) {
  new ModelPanel(root, engine, started);
}
