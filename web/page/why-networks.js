/**
 * The compared networks side by side, each with its half-life. A card carries data-network,
 * data-half-life (of the cell state where there is one; 'Infinity': never), data-half-life-hidden, data-loss
 * and data-answer.
 */

import { COMPARED } from '../protocol.js';
import { h, setText } from './dom.js';
import { number, percent, t } from './language.js';
import { shortNumber } from './why-strips.js';

/** @typedef {import('../protocol.js').Compared} Compared */
/** @typedef {import('../protocol.js').ComparedName} ComparedName */

/** @param {number | null} halfLife @param {number} steps */
export function halfLifeText(halfLife, steps) {
  if (steps === 1) return t('why.no-rows');
  if (halfLife === null) return t('why.no-gradient');
  if (!Number.isFinite(halfLife)) return t('why.never', { rows: number(steps - 1) });
  return t('why.rows', { n: number(halfLife, { minimumFractionDigits: 1, maximumFractionDigits: 1 }) });
}

class Card {
  #name;
  #headline = h('p', { class: 'half-life' });
  #of = h('p', { class: 'note' });
  #facts = h('ul', { class: 'net-facts' });

  /** @param {ComparedName} name */
  constructor(name) {
    this.#name = name;
    this.root = h(
      'li',
      { class: 'net-card', 'data-network': name },
      h('h3', {}, h('i', { class: `net-mark net-${name}`, 'aria-hidden': 'true' }), this.#title),
      h('p', { class: 'note', 'data-t': `net.${name}-note` }),
      h('div', { class: 'net-headline' }, this.#of, this.#headline),
      this.#facts,
    );
  }

  get #title() {
    return h('span', { 'data-t': `net.${this.#name}` });
  }

  /** @param {Compared | undefined} compared undefined: there is none */
  show(compared) {
    const { dataset } = this.root;
    if (!compared) {
      for (const key of ['halfLife', 'halfLifeHidden', 'loss', 'answer']) delete dataset[key];
      setText(this.#of, '');
      setText(this.#headline, '–');
      this.#facts.replaceChildren();
      return;
    }
    const { steps, cell, halfLife, loss, answer } = compared;
    const main = cell ? halfLife.cell : halfLife.hidden;
    dataset.halfLife = String(main ?? '');
    dataset.halfLifeHidden = String(halfLife.hidden ?? '');
    dataset.loss = String(loss);
    dataset.answer = String(answer);
    setText(
      this.#of,
      t(steps === 1 ? 'why.half-life' : cell ? 'why.half-life-cell' : 'why.half-life-hidden'),
    );
    setText(this.#headline, halfLifeText(main, steps));
    this.#facts.replaceChildren(...facts(compared).map((text) => h('li', {}, text)));
  }
}

/** @param {Compared} compared @returns {string[]} */
function facts({ steps, hidden, cell, halfLife, forget, answer, probability, loss, accuracy }) {
  const main = cell ?? hidden;
  const first = main[0] / main[steps - 1];
  return [
    ...(steps > 1 && !Number.isNaN(first) ? [t('why.fact-first', { value: shortNumber(first) })] : []),
    ...(cell ? [t('why.fact-hidden', { rows: halfLifeText(halfLife.hidden, steps) })] : []),
    ...(forget === null
      ? []
      : [t('why.fact-forget', { value: number(forget, { maximumFractionDigits: 2 }) })]),
    t('why.fact-answer', { digit: answer, percent: percent(probability, 0) }),
    t('why.fact-loss', { loss: shortNumber(loss) }),
    ...(accuracy === null ? [] : [t('why.fact-accuracy', { accuracy: percent(accuracy, 1) })]),
  ];
}

export class Cards {
  #cards = new Map(COMPARED.map((name) => [name, new Card(name)]));
  root = h('ul', { class: 'net-cards' }, ...[...this.#cards.values()].map(({ root }) => root));

  /** @param {Compared[]} networks */
  show(networks) {
    for (const [name, card] of this.#cards) card.show(networks.find((network) => network.name === name));
  }
}
