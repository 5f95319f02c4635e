/**
 * The panel Why LSTM?: five networks of one size and seed, and how far the gradient reaches back in each, on
 * the user's own digit. Exact values: the cards' attributes (why-networks.js), the table #why-values (cells
 * with data-network, data-quantity, data-row from 1, data-value: the norm) and #why-memory-values
 * (why-memory.js). The panel carries data-stage of what is shown.
 */

import { h, setText } from './dom.js';
import { hasClassNames, inLanguage, number, t, translate } from './language.js';
import { errorText } from './notices.js';
import { RowTable } from './row-table.js';
import { ROWS } from './rows.js';
import { whileShown } from './shown.js';
import { WhyControls } from './why-controls.js';
import { createDiagrams } from './why-diagrams.js';
import { Memory } from './why-memory.js';
import { Cards } from './why-networks.js';
import { entryName, shortNumber, Strips } from './why-strips.js';
import { WhyTraining } from './why-training.js';

/** @typedef {import('../protocol.js').Answer} Answer */
/** @typedef {import('../protocol.js').Compared} Compared */
/** @typedef {import('../protocol.js').Comparison} Comparison */
/** @typedef {import('./why-strips.js').Entry} Entry */

const CLASSES = 10;
/** The least that cross-entropy of a softmax of a softmax can be: all of the first on the right class. */
const DOUBLE_SOFTMAX_FLOOR = Math.log(Math.E + CLASSES - 1) - 1;
/** Of a gate that only a forget bias of 1 opens. */
const GATE = 1 / (1 + Math.exp(-1));

class WhyLstm {
  #root;
  #engine;
  #controls = new WhyControls(() => this.#compare());
  #cards = new Cards();
  #strips = new Strips('gradients', 'why.scale-words', 'first');
  #memory = new Memory(() => this.#compare());
  #values = new RowTable('why-values', shortNumber);
  #details = h('details', { class: 'values' }, h('summary', { 'data-t': 'why.values' }), this.#values.root);
  #message = h('p', { class: 'look-empty', role: 'status' });
  #measured = h('div', { class: 'why-measured', hidden: true });
  #notes = h('ul', { class: 'why-notes' });
  #labelWords = h('p', { class: 'note why-text' });
  /** @type {Answer | null} */
  #answer = null;
  /** @type {Comparison | null} */
  #comparison = null;
  /** @type {unknown} why nothing could be measured */
  #problem = null;
  #frame = 0;

  /** @param {HTMLElement} root @param {import('../engine.js').Engine} engine */
  constructor(root, engine) {
    this.#root = root;
    this.#engine = engine;
    const training = new WhyTraining(engine, () => this.#useTrainedHere());
    this.#build(training.root);
    engine.on('answer', (answer) => this.#take(answer));
    engine.on('comparison', (comparison) => {
      this.#comparison = comparison;
      this.#problem = null;
      // None are shipped here: what can be shown without is shown.
      if (comparison.networks.length === 0 && comparison.request.stage === 'after') {
        this.#controls.stage = 'before';
        this.#compare();
      }
      this.#renderSoon();
    });
    engine.on('problem', (problem) => {
      this.#problem = problem;
      this.#renderSoon();
    });
    this.#details.addEventListener('toggle', () => this.#render());
    whileShown(root, (shown) => shown && this.#compare());
    inLanguage(() => {
      translate(root);
      this.#render();
    });
  }

  /** @param {HTMLElement} training */
  #build(training) {
    this.#measured.append(
      this.#cards.root,
      h(
        'section',
        { class: 'why-part' },
        h('h3', { 'data-t': 'why.gradient-heading' }),
        h('p', { class: 'note why-text', 'data-t': 'why.gradient-note' }),
        this.#labelWords,
        this.#strips.root,
        this.#details,
      ),
      this.#memory.root,
    );
    this.#root.classList.add('why');
    this.#root.append(
      h('h2', { 'data-t': 'why.heading' }),
      h('p', { class: 'note why-text', 'data-t': 'why.intro' }),
      createDiagrams(),
      h('div', { class: 'why-question' }, h('h3', { 'data-t': 'why.question' }), this.#controls.reset),
      this.#controls.root,
      this.#message,
      this.#measured,
      training,
      h('section', { class: 'why-part' }, h('h3', { 'data-t': 'why.notes-heading' }), this.#notes),
    );
  }

  /** @param {Answer} answer */
  #take(answer) {
    const before = this.#answer;
    this.#answer = answer;
    // These networks know digits only.
    this.#controls.answer = hasClassNames() ? null : answer.label;
    const isSame =
      before !== null &&
      before.label === answer.label &&
      before.blank === answer.blank &&
      before.pixels.every((value, i) => value === answer.pixels[i]);
    if (!isSame) this.#compare();
  }

  #compare() {
    if (this.#root.hidden) return;
    if (this.#answer && !this.#answer.blank) {
      const { pixels } = this.#answer;
      this.#engine.compareLatest({ pixels, dot: this.#memory.dot, ...this.#controls.values });
    }
    this.#renderSoon();
  }

  #useTrainedHere() {
    this.#controls.offerTrainedHere(true);
    this.#controls.stage = 'here';
    this.#compare();
  }

  #renderSoon() {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#render());
  }

  #render() {
    this.#frame = 0;
    const values = { floor: number(DOUBLE_SOFTMAX_FLOOR, { maximumFractionDigits: 4 }) };
    const faded = { gate: number(GATE, { maximumFractionDigits: 2 }), left: shortNumber(GATE ** (ROWS - 1)) };
    this.#notes.replaceChildren(
      h('li', {}, t('why.note-forget', { ...faded, rows: ROWS - 1 })),
      h('li', {}, t('why.note-peepholes')),
      h('li', {}, t('why.note-softmax', values)),
      h('li', {}, t('why.note-measured')),
    );
    const isBlank = !this.#answer || this.#answer.blank;
    const comparison = isBlank ? null : this.#comparison;
    this.#measured.hidden = !comparison;
    const message = this.#problem
      ? errorText(this.#problem)
      : isBlank
        ? t('look.empty')
        : t('status.loading');
    this.#message.hidden = comparison !== null && this.#problem === null;
    setText(this.#message, message);
    if (comparison) this.#renderMeasured(comparison);
  }

  /** @param {Comparison} comparison */
  #renderMeasured(comparison) {
    const { networks, request } = comparison;
    this.#root.dataset.stage = request.stage;
    setText(
      this.#labelWords,
      request.label === null ? t('why.loss-own') : t('why.loss-label', { digit: request.label }),
    );
    this.#cards.show(networks);
    const entries = networks.flatMap(entriesOf);
    this.#strips.show(entries, {
      pixels: request.pixels,
      end: t('why.at-row-1'),
      words: t('why.gradient-lines'),
    });
    this.#memory.show(comparison);
    if (this.#details.open) this.#renderTable(entries);
  }

  /** @param {Entry[]} entries */
  #renderTable(entries) {
    const columns = entries.map((entry) => ({
      name: entryName(entry),
      data: { network: entry.network, quantity: entry.quantity },
      valueAt: (/** @type {number} */ row) => entry.values[row],
    }));
    this.#values.show(t('why.values-caption'), columns, ROWS);
  }
}

/**
 * The gradients of a network over the rows: of its states, relative to the last row; a network that reads
 * all rows at once has none, so those of the rows themselves, relative to the greatest.
 * @param {Compared} network
 * @returns {Entry[]}
 */
function entriesOf({ name, steps, input, hidden, cell }) {
  if (steps === 1) {
    return [
      {
        network: name,
        quantity: 'input',
        values: input,
        reference: Math.max(...input),
        line: false,
        end: '',
      },
    ];
  }
  const kinds = /** @type {const} */ (['hidden', 'cell']);
  return kinds.flatMap((quantity) => {
    const values = quantity === 'cell' ? cell : hidden;
    if (!values) return [];
    const reference = values[steps - 1];
    const end = Number.isNaN(values[0] / reference) ? '–' : shortNumber(values[0] / reference);
    return [{ network: name, quantity, values, reference, line: true, end }];
  });
}

/**
 * @param {HTMLElement} root
 * @param {import('../engine.js').Engine} engine
 */
export function createWhyLstm(root, engine) {
  new WhyLstm(root, engine);
}
