/**
 * "What it remembers": a dot is put into the digit, and the change that it makes in every later state is
 * shown. The panel's table has data-network and data-at ('first', 'last', 'left').
 */

import { ROWS } from './rows.js';
import { rgb } from './colours.js';
import { h, setText } from './dom.js';
import { inLanguage, number, percent, t } from './language.js';
import { onPick } from './look-map.js';
import { shortNumber, Strips } from './why-strips.js';
import { colour, onTheme } from './theme.js';

/** @typedef {import('../protocol.js').Compared} Compared */
/** @typedef {import('../protocol.js').Comparison} Comparison */
/** @typedef {import('./why-strips.js').Entry} Entry */

const COLUMNS = 28;
/** In the third row, above the digit: ink that means nothing. From 0. */
const FIRST_DOT = Object.freeze({ row: 2, column: 13 });

export class Memory {
  #changed;
  #canvas = h('canvas', { width: COLUMNS, height: ROWS, class: 'dot-picture', role: 'img' });
  #row = h('input', { type: 'range', id: 'dot-row', min: 1, max: ROWS, value: FIRST_DOT.row + 1 });
  #column = h('input', {
    type: 'range',
    id: 'dot-column',
    min: 1,
    max: COLUMNS,
    value: FIRST_DOT.column + 1,
  });
  #where = h('p', { class: 'note', role: 'status' });
  #strips = new Strips('memory', 'why.memory-scale', 'last');
  #body = h('tbody');
  #changeHeads = [h('th', { scope: 'col' }), h('th', { scope: 'col' })];
  /** @type {Comparison | null} */
  #comparison = null;

  /** @param {() => void} changed the dot moved */
  constructor(changed) {
    this.#changed = changed;
    onPick(this.#canvas, (x, y) => {
      this.#row.value = String(Math.floor(y * ROWS) + 1);
      this.#column.value = String(Math.floor(x * COLUMNS) + 1);
      this.#moved();
    });
    for (const slider of [this.#row, this.#column]) slider.addEventListener('input', () => this.#moved());
    const slider = (/** @type {string} */ key, /** @type {HTMLInputElement} */ input) =>
      h('div', { class: 'field' }, h('label', { for: input.id, 'data-t': key }), input);
    const head = ['why.network', 'why.left', 'why.answers'].map((key) =>
      h('th', { scope: 'col', 'data-t': key }),
    );
    const table = h(
      'table',
      { id: 'why-memory-values' },
      h('caption', { 'data-t': 'why.memory-caption' }),
      h('thead', {}, h('tr', {}, head[0], ...this.#changeHeads, head[1], head[2])),
      this.#body,
    );
    this.root = h(
      'section',
      { class: 'why-part' },
      h('h3', { 'data-t': 'why.memory-heading' }),
      h('p', { class: 'note why-text', 'data-t': 'why.memory-note' }),
      h(
        'div',
        { class: 'dot-choice' },
        this.#canvas,
        h(
          'div',
          { class: 'dot-sliders' },
          slider('why.dot-row', this.#row),
          slider('why.dot-column', this.#column),
          this.#where,
        ),
      ),
      this.#strips.root,
      h(
        'div',
        { class: 'table-box', tabindex: 0, role: 'group', 'data-t-label': 'why.memory-caption' },
        table,
      ),
      h('p', { class: 'note why-text', 'data-t': 'why.memory-moral' }),
    );
    onTheme(() => this.#paint());
    inLanguage(() => this.#render());
  }

  /** From 0. */
  get dot() {
    return { row: Number(this.#row.value) - 1, column: Number(this.#column.value) - 1 };
  }

  #moved() {
    this.#paint();
    this.#changed();
  }

  /** @param {Comparison} comparison */
  show(comparison) {
    this.#comparison = comparison;
    this.#render();
  }

  #render() {
    if (!this.#comparison) return;
    const { networks, request } = this.#comparison;
    const row = request.dot.row + 1;
    this.#paint();
    const added = networks[0]?.memory.added ?? true;
    setText(
      this.#where,
      t(added ? 'why.dot-added' : 'why.dot-taken', { row, column: request.dot.column + 1 }),
    );
    const entries = networks.flatMap((network) => entriesOf(network, request.dot.row));
    this.#strips.show(entries, {
      pixels: this.#withDot(request.pixels, added, request.dot),
      end: t('why.left-short'),
      words: t('why.memory-lines'),
    });
    this.#changeHeads.forEach((head, i) =>
      setText(head, t('why.change-in', { row: number([row, ROWS][i]) })),
    );
    this.#body.replaceChildren(...networks.flatMap((network) => tableLines(network, request.dot.row)));
  }

  /** @param {Uint8Array} pixels @param {boolean} added @param {{row: number, column: number}} dot */
  #withDot(pixels, added, { row, column }) {
    const changed = pixels.slice();
    changed[row * COLUMNS + column] = added ? 255 : 0;
    return changed;
  }

  /** The digit, and the dot in a colour of its own. */
  #paint() {
    const pixels = this.#comparison?.request.pixels ?? new Uint8Array(ROWS * COLUMNS);
    const context = /** @type {CanvasRenderingContext2D} */ (this.#canvas.getContext('2d'));
    const image = context.createImageData(COLUMNS, ROWS);
    const ink = rgb(colour('ink'));
    pixels.forEach((value, i) => image.data.set([...ink, value], 4 * i));
    const { row, column } = this.dot;
    image.data.set([...rgb(colour('series-2')), 255], 4 * (row * COLUMNS + column));
    context.putImageData(image, 0, 0);
    this.#canvas.setAttribute('aria-label', t('why.dot-picture', { row: row + 1, column: column + 1 }));
  }
}

/** Where a dot's change begins: a network that reads all at once has one state. @param {Compared} network @param {number} row */
const firstOf = ({ steps }, row) => (steps === 1 ? 0 : row);

/** @param {Compared} network @param {number} row @returns {Entry[]} */
function entriesOf(network, row) {
  const { name, steps, memory } = network;
  if (steps === 1) return [];
  const kinds = /** @type {const} */ (['hidden', 'cell']);
  return kinds.flatMap((quantity) => {
    const values = memory[quantity];
    if (!values) return [];
    const reference = values[row];
    const end = shareLeft(values[steps - 1] / reference);
    return [{ network: name, quantity, values, reference, line: true, end }];
  });
}

/** @param {number} share */
const shareLeft = (share) =>
  Number.isFinite(share)
    ? share < 10
      ? percent(share, share < 0.1 ? 1 : 0)
      : `× ${shortNumber(share)}`
    : '–';

/** @param {Compared} network @param {number} row */
function tableLines(network, row) {
  const { name, steps, memory, answer, probability } = network;
  const kinds = /** @type {const} */ (['hidden', 'cell']);
  return kinds.flatMap((quantity) => {
    const values = memory[quantity];
    if (!values) return [];
    const [first, last] = [values[firstOf(network, row)], values[steps - 1]];
    const cell = (/** @type {string} */ at, /** @type {number} */ value, /** @type {string} */ text) =>
      h('td', { 'data-network': name, 'data-quantity': quantity, 'data-at': at, 'data-value': value }, text);
    const isOne = steps === 1;
    const answers = {
      before: t('look.answer', { digit: answer, percent: percent(probability, 0) }),
      after: t('look.answer', { digit: memory.answer, percent: percent(memory.probability, 0) }),
    };
    return h(
      'tr',
      {},
      h(
        'th',
        { scope: 'row' },
        t('why.entry', { network: t(`net.${name}-short`), quantity: t(`why.${quantity}-short`) }),
      ),
      cell('first', first, isOne ? '–' : shortNumber(first)),
      cell('last', last, shortNumber(last)),
      cell('left', last / first, isOne ? '–' : shareLeft(last / first)),
      h('td', {}, t('why.answer-change', answers)),
    );
  });
}
