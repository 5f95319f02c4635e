/** The answer in large, in words, and as ten bars. */

import { byId, h, setText } from './dom.js';
import { className, hasClassNames, inLanguage, number, percent, t } from './language.js';

/** Below this the best answer is no answer, where the network's file does not say more. */
const SURE_ABOVE = 0.5;
const DIGITS = 10;

/** @typedef {'loading' | 'blank' | 'no-network' | 'answer'} Kind */

/**
 * Shares in tenths of a percent that add up to 100 %, by the largest remainders.
 * @param {ArrayLike<number>} probabilities
 */
function tenthsOfPercent(probabilities) {
  const exact = Array.from(probabilities, (p) => p * 1000);
  const whole = exact.map(Math.floor);
  const missing = 1000 - whole.reduce((a, b) => a + b, 0);
  const order = exact.map((_, i) => i).sort((a, b) => exact[b] - whole[b] - (exact[a] - whole[a]));
  for (const i of order.slice(0, Math.max(0, missing))) whole[i]++;
  return whole;
}

/** The two most probable digits. @param {ArrayLike<number>} probabilities */
function bestTwo(probabilities) {
  const order = Array.from(probabilities, (_, i) => i).sort((a, b) => probabilities[b] - probabilities[a]);
  return { digit: order[0], second: order[1] };
}

/** Two digits have room side by side, two names have not. @param {{digit: number, second: number}} best @param {boolean} sure */
function shortAnswer({ digit, second }, sure) {
  if (sure) return className(digit);
  return hasClassNames() ? `${className(digit)}?` : `${digit}/${second}`;
}

export class AnswerView {
  #root = byId('answer');
  #digit = byId('answer-digit');
  #text = byId('answer-text');
  #bars;
  #sureAbove = SURE_ABOVE;
  /** @type {{kind: Kind, probabilities: ArrayLike<number> | null, note: (() => string) | null}} */
  #shown = { kind: 'loading', probabilities: null, note: null };

  constructor() {
    this.#bars = Array.from({ length: DIGITS }, (_, digit) => {
      const value = h('span', { class: 'bar-value' });
      const name = h('span', { class: 'bar-digit' });
      const item = h(
        'li',
        { class: 'bar', 'data-digit': digit, 'data-probability': 0 },
        name,
        h('span', { class: 'bar-track', 'aria-hidden': 'true' }, h('span', { class: 'bar-fill' })),
        value,
      );
      byId('bars').append(item);
      return { item, name, value };
    });
    inLanguage(() => this.#render());
  }

  /**
   * @param {Kind} kind
   * @param {ArrayLike<number> | null} [probabilities]
   * @param {(() => string) | null} [note] in place of the answer's words
   */
  show(kind, probabilities = null, note = null) {
    this.#shown = { kind, probabilities, note };
    this.#render();
  }

  /** Another network answers: from which probability on it is sure. @param {number | null} sureAbove */
  setSureAbove(sureAbove) {
    this.#sureAbove = sureAbove ?? SURE_ABOVE;
    this.#render();
  }

  /** What a screen reader says. */
  get spoken() {
    const { kind, probabilities } = this.#shown;
    if (kind !== 'answer' || !probabilities) return t(`answer.${kind}`);
    const { digit } = bestTwo(probabilities);
    const sure = probabilities[digit] >= this.#sureAbove;
    const values = { answer: this.#words(probabilities), percent: percent(probabilities[digit], 0) };
    return t(sure ? 'answer.spoken' : 'answer.spoken-unsure', values);
  }

  /** @param {ArrayLike<number>} probabilities */
  #words(probabilities) {
    const { digit, second } = bestTwo(probabilities);
    const names = { digit: className(digit), second: className(second) };
    return t(probabilities[digit] >= this.#sureAbove ? 'answer.sure' : 'answer.unsure', names);
  }

  #render() {
    const { kind, probabilities, note } = this.#shown;
    const best = probabilities ? bestTwo(probabilities) : null;
    const sure = best !== null && probabilities !== null && probabilities[best.digit] >= this.#sureAbove;
    this.#root.dataset.digit = best ? String(best.digit) : '';
    this.#root.dataset.kind = kind === 'answer' && !sure ? 'unsure' : kind;
    setText(this.#digit, best ? shortAnswer(best, sure) : '–');
    const words = probabilities ? this.#words(probabilities) : t(`answer.${kind}`);
    setText(this.#text, note ? note() : words);
    const tenths = probabilities ? tenthsOfPercent(probabilities) : null;
    this.#bars.forEach(({ item, name, value }, digit) => {
      setText(name, className(digit));
      const probability = probabilities ? probabilities[digit] : 0;
      item.dataset.probability = String(probability);
      item.classList.toggle('best', best?.digit === digit);
      item.style.setProperty('--share', String(probability));
      const options = { style: /** @type {const} */ ('percent'), minimumFractionDigits: 1 };
      setText(value, tenths ? number(tenths[digit] / 1000, options) : '');
    });
  }
}
