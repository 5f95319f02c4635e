/** Which images to train on: bundled, all of MNIST where the host has it, Fashion-MNIST, the user's own files. */

import { h, setText } from './dom.js';
import { acceptDrops, fileButton } from './drop.js';
import { inLanguage, number, t } from './language.js';
import { errorText } from './notices.js';

const FULL = new URL('../data/full/train-images-idx3-ubyte', import.meta.url);

/** @typedef {import('../protocol.js').DataSource} DataSource */

export class DataChoice {
  #engine;
  #select;
  #full = h('option', { value: 'full', 'data-t': 'data.full' });
  #own = h('div', { class: 'own-data' });
  #taken = h('p', { class: 'note', role: 'status' });
  /** @type {() => string} */
  #words = () => '';

  /** @param {import('../engine.js').Engine} engine */
  constructor(engine) {
    this.#engine = engine;
    this.#select = h(
      'select',
      { id: 'data', onchange: () => this.#render() },
      h('option', { value: 'bundled', 'data-t': 'data.bundled' }),
      h('option', { value: 'fashion', 'data-t': 'data.fashion' }),
      h('option', { value: 'own', 'data-t': 'data.own' }),
    );
    const [button, input] = fileButton('data-files', { key: 'data.choose', multiple: true }, (files) =>
      this.#take(files),
    );
    this.#own.append(h('p', { class: 'note', 'data-t': 'data.help' }), button, input, this.#taken);
    acceptDrops(this.#own, (files) => this.#take(files));
    const field = h(
      'div',
      { class: 'field' },
      h('label', { for: 'data', 'data-t': 'data.label' }),
      this.#select,
    );
    this.root = h('div', { class: 'data' }, field, this.#own);
    this.#offerAll();
    inLanguage(() => this.#render());
  }

  get source() {
    return /** @type {DataSource} */ (this.#select.value);
  }

  /** All of MNIST is offered where the host has it. */
  async #offerAll() {
    try {
      if ((await fetch(FULL, { method: 'HEAD' })).ok) this.#select.options[0].after(this.#full);
    } catch {
      // Offline: not offered.
    }
  }

  /** @param {File[]} files */
  async #take(files) {
    try {
      const read = await Promise.all(
        files.map(async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) })),
      );
      const info = await this.#engine.useFiles(read);
      this.#words = () => takenWords(info);
    } catch (error) {
      this.#words = () => errorText(error);
    }
    this.#render();
  }

  #render() {
    this.#own.hidden = this.source !== 'own';
    setText(this.#taken, this.#words());
  }
}

/** @param {import('../protocol.js').DataInfo} info */
function takenWords({ train, test, ownTest, dataSet }) {
  const values = { train: number(train), test: number(test) };
  if (dataSet !== 'fashion-mnist') return t(ownTest ? 'data.taken' : 'data.taken-bundled-test', values);
  return `${t(ownTest ? 'data.taken' : 'data.taken-fashion-test', values)} ${t('data.taken-fashion')}`;
}
