/**
 * Lines over the rows, each with its name at its end. They differ by colour and by dashes (CSS: .line-<id>).
 */

import { h, svg } from './dom.js';
import { ROWS, rowsLine } from './rows.js';

/**
 * @typedef {object} Line
 * @property {string} id of its look
 * @property {string} label
 * @property {ArrayLike<number>} values one a row
 */

/**
 * @typedef {object} Range of the values
 * @property {number} from
 * @property {number} to
 * @property {{value: number, text: string}[]} ticks
 */

/** Labels stand so far apart, in percent of the height, at least. */
const LABEL_GAP = 8.5;

/**
 * Places near the wanted ones, apart from each other and within 0 to 100.
 * @param {number[]} wanted
 */
export function spread(wanted) {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b]);
  const gap = Math.min(LABEL_GAP, 100 / Math.max(wanted.length - 1, 1));
  const places = [...wanted];
  order.forEach((i, n) => {
    if (n > 0) places[i] = Math.max(places[i], places[order[n - 1]] + gap);
  });
  let ceiling = 100;
  for (const i of [...order].reverse()) {
    places[i] = Math.min(places[i], ceiling);
    ceiling = places[i] - gap;
  }
  return places;
}

/** A piece of a line, for its label. @param {string} id */
function sample(id) {
  const line = svg('path', { class: `line line-${id}`, d: 'M0 5H26' });
  return svg('svg', { class: 'line-sample', viewBox: '0 0 26 10', 'aria-hidden': 'true' }, line);
}

export class Lines {
  #picture = svg('svg', { viewBox: `0 0 ${ROWS} 100`, preserveAspectRatio: 'none', role: 'img' });
  #labels = h('div', { class: 'line-labels', 'aria-hidden': 'true' });
  #ticks = h('div', { class: 'line-ticks', 'aria-hidden': 'true' });
  #logarithmic;
  #atEnd;

  /**
   * @param {object} options
   * @param {'first' | 'last'} options.labelsAt the row beside which the names stand: left or right
   * @param {boolean} [options.logarithmic]
   * @param {Node[]} [options.over] what else lies over the rows
   */
  constructor({ labelsAt, logarithmic = false, over = [] }) {
    this.#logarithmic = logarithmic;
    this.#atEnd = labelsAt === 'last';
    const [left, right] = this.#atEnd ? [this.#ticks, this.#labels] : [this.#labels, this.#ticks];
    this.root = rowsLine([left], [this.#picture, ...over], [right]);
    this.root.classList.add('lines', this.#atEnd ? 'labels-right' : 'labels-left');
  }

  /** @param {Line[]} lines @param {Range} range @param {string} words for those who don't see it */
  show(lines, range, words) {
    const place = this.#placing(range);
    const grid = range.ticks.map(({ value }) =>
      svg('path', { class: 'line-grid', d: `M0 ${place(value)}H${ROWS}` }),
    );
    const paths = lines.map(({ id, values }) => {
      const points = Array.from(values).flatMap((value, t) =>
        this.#canShow(value) ? [`${t + 0.5} ${place(value).toFixed(2)}`] : [],
      );
      return svg('path', { class: `line line-${id}`, d: points.length > 0 ? `M${points.join('L')}` : '' });
    });
    this.#picture.replaceChildren(...grid, ...paths);
    this.#picture.setAttribute('aria-label', words);
    this.#ticks.replaceChildren(...range.ticks.map(({ value, text }) => this.#at(place(value), text)));
    const ends = lines.map(({ values }) => place(values[this.#atEnd ? values.length - 1 : 0]));
    const places = spread(ends);
    this.#labels.replaceChildren(
      ...lines.map(({ id, label }, i) => this.#at(places[i], sample(id), h('span', {}, label))),
    );
  }

  /** Nothing has no logarithm. @param {number} value */
  #canShow(value) {
    return this.#logarithmic ? value > 0 : !Number.isNaN(value);
  }

  /** @param {Range} range @returns {(value: number) => number} percent of the height, from the top */
  #placing({ from, to }) {
    const level = this.#logarithmic ? Math.log10 : (/** @type {number} */ value) => value;
    return (value) => {
      const share = (level(to) - level(value)) / (level(to) - level(from));
      return 100 * Math.min(Math.max(Number.isNaN(share) ? 1 : share, 0), 1);
    };
  }

  /** @param {number} place @param {...(Node | string)} children */
  #at(place, ...children) {
    const label = h('span', {}, ...children);
    label.style.setProperty('--at', `${place}%`);
    return label;
  }
}
