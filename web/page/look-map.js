/** One signal of the network over the rows: what to look for, heat map, colours, the chosen value. */

import { h, setText } from './dom.js';
import { colourBar, HeatMap } from './heat-map.js';
import { number, t } from './language.js';
import { ROWS, rowsLine } from './rows.js';

/** Those between 0 and 1; the others are shown from -1 to 1. */
const GATES = ['input', 'forget', 'output', 'reset', 'update'];

/**
 * Calls pick with the place, 0..1 from left and top, where a pointer goes down, and on its way.
 * @param {HTMLElement} frame
 * @param {(x: number, y: number) => void} pick
 */
export function onPick(frame, pick) {
  const tell = (/** @type {PointerEvent} */ { clientX, clientY }) => {
    const { left, top, width, height } = frame.getBoundingClientRect();
    const within = (/** @type {number} */ share) => Math.min(Math.max(share, 0), 0.9999);
    pick(within((clientX - left) / width), within((clientY - top) / height));
  };
  frame.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    // A finger may also scroll the page: it is not held.
    if (event.pointerType === 'mouse') frame.setPointerCapture?.(event.pointerId);
    tell(event);
  });
  frame.addEventListener('pointermove', (event) => {
    if ((event.buttons & 1) !== 0) tell(event);
  });
}

/** The chosen row's mark, and the veil over rows that are not read yet; placed by CSS. */
export const rowMark = () => h('div', { class: 'row-mark' });

/** @param {number} value */
export function threeDigits(value) {
  const shown = Math.abs(value) < 0.0005 ? 0 : value; // not "-0.000"
  return number(shown, { minimumFractionDigits: 3, maximumFractionDigits: 3 });
}

export class LookMap {
  #name;
  #isGate;
  #map;
  #unitMark = h('div', { class: 'unit-mark' });
  #value = h('span', { class: 'map-value' });
  #clipped = h('p', { class: 'note' });
  #first = h('span');
  #last = h('span');
  /** @type {{values: Float32Array, order: number[]}} */
  #shown = { values: new Float32Array(1), order: [0] };

  /**
   * @param {string} name of the signal
   * @param {(row: number, unit: number) => void} pick
   */
  constructor(name, pick) {
    this.#name = name;
    this.#isGate = GATES.includes(name);
    const scale = this.#isGate ? 'share' : 'signed';
    this.#map = new HeatMap(name, { scale, from: this.#isGate ? 0 : -1, to: 1 });
    const { canvas } = this.#map;
    const line = rowsLine(
      [this.#first, h('span', { class: 'map-axis', 'data-t': 'look.unit' }), this.#last],
      [canvas, rowMark(), this.#unitMark],
      [
        h('div', { class: 'legend' }, number(this.#isGate ? 0 : -1), colourBar(scale), '1'),
        h('div', { class: 'map-read' }, this.#value),
      ],
    );
    const frame = /** @type {HTMLElement} */ (canvas.parentElement);
    onPick(frame, (x, y) => {
      const { order } = this.#shown;
      pick(Math.floor(x * this.#steps), order[Math.floor(y * order.length)]);
    });
    this.root = h(
      'figure',
      { class: 'look-map', 'data-signal': name },
      h(
        'figcaption',
        {},
        h('h3', { 'data-t': `signal.${name}` }),
        h('p', { class: 'note', 'data-t': `signal.${name}-note` }),
        this.#clipped,
      ),
      line,
    );
  }

  get #steps() {
    return this.#shown.values.length / this.#shown.order.length;
  }

  /** @param {Float32Array} values steps x units @param {number[]} order of the units, from the top */
  show(values, order) {
    this.#shown = { values, order };
    const units = order.length;
    const ordered = values.map((_, i) => values[i - (i % units) + order[i % units]]);
    this.#map.show(ordered, this.#steps, units);
    setText(this.#first, String(order[0] + 1));
    setText(this.#last, String(order[units - 1] + 1));
    this.renderWords();
  }

  renderWords() {
    const { values } = this.#shown;
    const name = t(`signal.${this.#name}`);
    this.#map.canvas.setAttribute('aria-label', t('look.map', { name }));
    let [least, greatest] = [Infinity, -Infinity];
    for (const value of values) {
      least = Math.min(least, value);
      greatest = Math.max(greatest, value);
    }
    const isClipped = !this.#isGate && (least < -1 || greatest > 1);
    const range = { least: number(least, { maximumFractionDigits: 2 }), greatest: '' };
    range.greatest = number(greatest, { maximumFractionDigits: 2 });
    setText(this.#clipped, isClipped ? t('look.clipped', range) : '');
  }

  /** @param {number} row @param {number} unit */
  mark(row, unit) {
    const { values, order } = this.#shown;
    setText(this.#value, threeDigits(values[row * order.length + unit]));
    this.#unitMark.style.setProperty('--unit', String((order.indexOf(unit) + 0.5) / order.length));
    this.root.classList.toggle('one-step', this.#steps !== ROWS);
  }
}
