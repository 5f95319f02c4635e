/** "The answer if it stopped here": the ten digits over the rows. */

import { h, setText } from './dom.js';
import { colourBar, HeatMap } from './heat-map.js';
import { className, percent, t } from './language.js';
import { onPick, rowMark } from './look-map.js';
import { rowsLine } from './rows.js';

const DIGITS = 10;

export class LookAnswers {
  #map = new HeatMap('answer', { scale: 'share', from: 0, to: 1 });
  #value = h('span', { class: 'map-value' });
  /** @type {import('../protocol.js').Trace | null} */
  #trace = null;

  #names = Array.from({ length: DIGITS }, () => h('span'));

  /** @param {(row: number) => void} pick */
  constructor(pick) {
    const { canvas } = this.#map;
    const line = rowsLine(
      this.#names,
      [canvas, rowMark()],
      [
        h('div', { class: 'legend' }, '0', colourBar('share'), '1'),
        h('div', { class: 'map-read' }, this.#value),
      ],
    );
    onPick(/** @type {HTMLElement} */ (canvas.parentElement), (x) =>
      pick(Math.floor(x * (this.#trace?.steps ?? 1))),
    );
    this.root = h(
      'figure',
      { class: 'look-map answers' },
      h(
        'figcaption',
        {},
        h('h3', { 'data-t': 'look.answers' }),
        h('p', { class: 'note', 'data-t': 'look.answers-note' }),
      ),
      line,
    );
  }

  /** @param {import('../protocol.js').Trace} trace */
  show(trace) {
    this.#trace = trace;
    this.#names.forEach((name, digit) => setText(name, className(digit)));
    this.#map.show(trace.probabilities, trace.steps, DIGITS);
    this.#map.canvas.setAttribute('aria-label', t('look.answers-map'));
  }

  /** @param {number} row @returns {string} the best answer after this row, in words */
  mark(row) {
    if (!this.#trace) return '';
    const answers = this.#trace.probabilities.subarray(row * DIGITS, (row + 1) * DIGITS);
    const digit = answers.indexOf(Math.max(...answers));
    const values = { digit: className(digit), percent: percent(answers[digit], 1) };
    setText(this.#value, t('look.answer', values));
    return t('look.answer', values);
  }
}
