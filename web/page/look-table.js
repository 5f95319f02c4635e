/**
 * The values behind the pictures of Look inside: of the chosen unit (data-signal), and the answer after each
 * row (data-digit).
 */

import { h } from './dom.js';
import { className, number, t } from './language.js';
import { threeDigits } from './look-map.js';
import { RowTable } from './row-table.js';

/** @typedef {import('../protocol.js').Trace} Trace */

const DIGITS = 10;

export class LookTables {
  #unit = new RowTable('look-unit-values', threeDigits);
  #answers = new RowTable('look-answer-values', threeDigits);
  root = h(
    'details',
    { class: 'values', id: 'look-values' },
    h('summary', { 'data-t': 'look.values' }),
    h('div', { class: 'tables' }, this.#unit.root, this.#answers.root),
  );
  /** @type {{trace: Trace, layer: number, unit: number} | null} */
  #shown = null;

  constructor() {
    this.root.addEventListener('toggle', () => this.#render());
  }

  /** @param {Trace} trace @param {number} layer @param {number} unit */
  show(trace, layer, unit) {
    this.#shown = { trace, layer, unit };
    this.#render();
  }

  /** Closed tables cost nothing. */
  #render() {
    if (!this.#shown || !this.root.open) return;
    const { trace, layer, unit } = this.#shown;
    const { steps, hidden, probabilities } = trace;
    const signals = Object.entries(trace.layers[layer]).map(([signal, values]) => ({
      name: t(`signal.${signal}`),
      data: { signal },
      valueAt: (/** @type {number} */ row) => values[row * hidden + unit],
    }));
    const digits = Array.from({ length: DIGITS }, (_, digit) => ({
      name: className(digit),
      data: { digit: String(digit) },
      valueAt: (/** @type {number} */ row) => probabilities[row * DIGITS + digit],
    }));
    this.#unit.show(t('look.unit-values', { unit: number(unit + 1) }), signals, steps);
    this.#answers.show(t('look.answer-values'), digits, steps);
  }
}
