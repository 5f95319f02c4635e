/**
 * Norms over the rows, network by network: as strips that fade from black (1) to white (0.001), and as lines
 * on a logarithmic scale. All are relative to one row's value.
 */

import { h, setText } from './dom.js';
import { colourBar, HeatMap } from './heat-map.js';
import { number, t } from './language.js';
import { Lines } from './lines.js';
import { rowAxis, rowsLine, TurnedDigit } from './rows.js';

/** @typedef {import('../protocol.js').ComparedName} ComparedName */
/** @typedef {'hidden' | 'cell' | 'input'} Quantity */

/**
 * @typedef {object} Entry
 * @property {ComparedName} network
 * @property {Quantity} quantity
 * @property {ArrayLike<number>} values one a row
 * @property {number} reference what they are relative to
 * @property {boolean} line also shown as a line
 * @property {string} end a value at the strip's right end, in words
 */

const SUPERSCRIPTS = '⁻⁰¹²³⁴⁵⁶⁷⁸⁹';

/** White is a thousandth, orange a thousandfold. */
const DECADES = 3;
/** The lines' scale grows with the values, down and up to so many decades. */
const LEAST_DECADE = -8;
const GREATEST_DECADE = 6;
/** Above 1, where nothing grows; in decades. */
const ROOM = 0.1;

/** @param {number} exponent */
const powerOfTen = (exponent) =>
  `10${[...String(exponent)].map((sign) => SUPERSCRIPTS['-0123456789'.indexOf(sign)]).join('')}`;

/** Two digits of a number of any size: 0.12, 3.4·10⁻⁶. @param {number} value */
export function shortNumber(value) {
  if (!Number.isFinite(value)) return '∞';
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-3 && size < 1e4)) return number(value, { maximumSignificantDigits: 2 });
  const [digits, exponent] = value.toExponential(1).split('e');
  const power = powerOfTen(Number(exponent));
  return digits === '1.0' ? power : `${number(Number(digits))}·${power}`;
}

/** @param {Entry} entry */
export const entryName = ({ network, quantity }) =>
  t('why.entry', { network: t(`net.${network}-short`), quantity: t(`why.${quantity}-short`) });

/** @param {number} decade */
const tickAt = (decade) => ({ value: 10 ** decade, text: shortNumber(10 ** decade) });

/** A row's value relative to the reference. @param {Entry} entry */
const relative = ({ values, reference }) => Array.from(values, (value) => value / reference);

export class Strips {
  #id;
  #digit = new TurnedDigit();
  #endHead = h('span');
  #place = h('div', { class: 'strips' });
  /** @type {Map<string, {map: HeatMap, name: HTMLElement, end: HTMLElement, root: HTMLElement}>} */
  #strips = new Map();
  #lines;
  #linesTitle = h('p', { class: 'note lines-title' });

  /**
   * @param {string} id
   * @param {string} scaleKey what black and white mean, in words
   * @param {'first' | 'last'} labelsAt the row where the lines are apart
   */
  constructor(id, scaleKey, labelsAt) {
    this.#id = id;
    this.#lines = new Lines({ labelsAt, logarithmic: true });
    const scale = h(
      'p',
      { class: 'fade-scale note' },
      h('span', { class: 'fade-ends' }, '0.001', colourBar('fade'), '1000'),
      h('span', { 'data-t': scaleKey }),
    );
    this.root = h(
      'div',
      { class: `flow flow-${id}` },
      rowsLine([h('span', { 'data-t': 'look.digit' })], [this.#digit.canvas], [this.#endHead]),
      this.#place,
      rowAxis('look.row'),
      scale,
      this.#linesTitle,
      this.#lines.root,
      rowAxis('look.row'),
    );
  }

  /**
   * @param {Entry[]} entries
   * @param {{pixels: Uint8Array, end: string, words: string}} around end: what stands at the strips' ends;
   *   words: what the lines show
   */
  show(entries, { pixels, end, words }) {
    this.#digit.show(pixels);
    this.#digit.canvas.setAttribute('aria-label', t('look.digit-map'));
    setText(this.#endHead, end);
    setText(this.#linesTitle, words);
    const keys = entries.map(({ network, quantity }) => `${network} ${quantity}`);
    if (keys.join() !== [...this.#strips.keys()].join()) this.#build(entries, keys);
    entries.forEach((entry, i) => {
      const strip = this.#strips.get(keys[i]);
      if (!strip) return;
      const levels = relative(entry).map((value) => Math.log10(value));
      strip.map.show(levels, levels.length, 1);
      strip.map.canvas.setAttribute('aria-label', t('why.strip', { name: entryName(entry) }));
      setText(strip.name, entryName(entry));
      setText(strip.end, entry.end);
    });
    this.#showLines(
      entries.filter(({ line }) => line),
      words,
    );
  }

  /** @param {Entry[]} entries @param {string[]} keys */
  #build(entries, keys) {
    this.#strips = new Map(
      entries.map(({ network, quantity }, i) => {
        const map = new HeatMap(`${this.#id}-${network}-${quantity}`, {
          scale: 'fade',
          from: -DECADES,
          to: DECADES,
        });
        const [name, end] = [h('span'), h('span')];
        const root = rowsLine([name], [map.canvas], [end]);
        root.classList.add('strip');
        return [keys[i], { map, name, end, root }];
      }),
    );
    this.#place.replaceChildren(...[...this.#strips.values()].map(({ root }) => root));
  }

  /** @param {Entry[]} entries @param {string} words */
  #showLines(entries, words) {
    const lines = entries.map((entry) => ({
      id: `${entry.network}-${entry.quantity}`,
      label: entryName(entry),
      values: relative(entry),
    }));
    const decades = lines
      .flatMap(({ values }) => values)
      .filter((value) => value > 0 && Number.isFinite(value))
      .map((value) => Math.log10(value));
    const least = Math.max(LEAST_DECADE, Math.floor(Math.min(-DECADES, ...decades)));
    const most = Math.max(...decades, 0);
    const greatest = most < ROOM ? ROOM : Math.min(GREATEST_DECADE, Math.ceil(most));
    const step = Math.ceil((greatest - least) / 6);
    const ticks = [];
    for (let decade = 0; decade >= least; decade -= step) ticks.unshift(tickAt(decade));
    for (let decade = step; decade <= greatest; decade += step) ticks.push(tickAt(decade));
    this.#lines.show(lines, { from: 10 ** least, to: 10 ** greatest, ticks }, words);
  }
}
