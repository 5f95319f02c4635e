/** Trains the compared networks on the spot, with progress and cancel. */

import { COMPARED } from '../protocol.js';
import { h, setText } from './dom.js';
import { inLanguage, number, percent, t } from './language.js';
import { errorText } from './notices.js';

/** @typedef {import('../protocol.js').ComparedTraining} ComparedTraining */

export class WhyTraining {
  #engine;
  #start = h('button', {
    type: 'button',
    id: 'why-train',
    'data-t': 'why.train',
    onclick: () => this.#train(),
  });
  #cancel = h('button', {
    type: 'button',
    id: 'why-cancel',
    'data-t': 'why.cancel',
    onclick: () => this.#stop(),
  });
  #bar = h('progress', { id: 'why-progress', max: 1, value: 0, 'data-t-label': 'train.progress' });
  #state = h('p', { role: 'status', class: 'note' });
  #list = h('ul', { class: 'net-facts' });
  /** @type {ComparedTraining | null} */
  #status = null;
  /** @type {unknown} */
  #error = null;
  #frame = 0;

  /** @param {import('../engine.js').Engine} engine @param {() => void} done */
  constructor(engine, done) {
    this.#engine = engine;
    this.root = h(
      'section',
      { class: 'why-part why-training', 'data-state': 'idle' },
      h('h3', { 'data-t': 'why.train-heading' }),
      h('p', { class: 'note', 'data-t': 'why.train-note' }),
      h('div', { class: 'controls' }, this.#start, this.#cancel),
      this.#bar,
      this.#state,
      this.#list,
    );
    engine.on('compared-training', (status) => {
      const isDone = status.state === 'done' && this.#status?.state !== 'done';
      this.#status = status;
      this.root.dataset.state = status.state;
      if (isDone) done();
      if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#render());
    });
    inLanguage(() => this.#render());
  }

  async #train() {
    this.#error = null;
    try {
      await this.#engine.trainCompared();
    } catch (error) {
      this.#error = error;
      this.#render();
    }
  }

  #stop() {
    this.#engine.cancelCompared().catch(() => {}); // the worker is gone: the page tells that by itself
  }

  #render() {
    this.#frame = 0;
    const state = this.#status?.state ?? 'idle';
    const isOn = state === 'running' || state === 'waiting';
    const hadFocus = [this.#start, this.#cancel].some((button) => button === document.activeElement);
    this.#start.hidden = isOn;
    this.#cancel.hidden = !isOn;
    if (hadFocus) (isOn ? this.#cancel : this.#start).focus();
    this.#bar.hidden = !isOn;
    this.#bar.value = this.#status?.done ?? 0;
    setText(this.#state, this.#words(state));
    const accuracies = this.#status?.accuracies ?? {};
    const trained = COMPARED.flatMap((name) => {
      const accuracy = accuracies[name];
      return accuracy === undefined
        ? []
        : [t('why.trained', { name: t(`net.${name}`), accuracy: percent(accuracy, 1) })];
    });
    this.#list.replaceChildren(...trained.map((text) => h('li', {}, text)));
  }

  /** @param {ComparedTraining['state']} state */
  #words(state) {
    const error = this.#error ?? this.#status?.error;
    if (error) return errorText(error);
    if (!this.#status || state === 'idle') return '';
    const { name, images, epochs, learningRate } = this.#status;
    const values = {
      name: name ? t(`net.${name}`) : '',
      images: number(images),
      epochs: number(epochs),
      rate: number(learningRate, { maximumSignificantDigits: 3 }),
    };
    if (state === 'running' && !name) return t('state.loading');
    return t(`why.train-${state}`, values);
  }
}
