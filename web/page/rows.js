/**
 * What is drawn over the 28 rows stands in three cells: names at the left, the rows, values at the right.
 * The rows' cell has the same place and width everywhere in a panel, so that rows line up.
 */

import { h } from './dom.js';
import { HeatMap } from './heat-map.js';

export const ROWS = 28;
const TICKS = [1, 7, 14, 21, 28];

/** @param {(Node | string)[]} left @param {(Node | string)[]} rows @param {(Node | string)[]} right */
export function rowsLine(left, rows, right) {
  return h(
    'div',
    { class: 'rows-line' },
    h('div', { class: 'rows-left' }, ...left),
    h('div', { class: 'rows-frame' }, ...rows),
    h('div', { class: 'rows-right' }, ...right),
  );
}

/** The numbers of the rows. @param {string} [key] what they are numbers of, in words */
export function rowAxis(key) {
  const ticks = TICKS.map((row) => {
    const tick = h('span', {}, String(row));
    tick.style.setProperty('--row', String(row - 1));
    return tick;
  });
  const axis = rowsLine(key ? [h('span', { 'data-t': key })] : [], ticks, []);
  axis.classList.add('row-axis');
  axis.setAttribute('aria-hidden', 'true');
  return axis;
}

/** The digit as the network reads it, turned to the left: its top row is the first column. */
export class TurnedDigit {
  #map = new HeatMap('digit', { scale: 'ink', from: 0, to: 255 });
  canvas = this.#map.canvas;

  /** @param {ArrayLike<number>} pixels 28 x 28 */
  show(pixels) {
    const turned = new Uint8Array(ROWS * ROWS);
    for (let row = 0; row < ROWS; row++) {
      for (let column = 0; column < ROWS; column++) {
        turned[row * ROWS + ROWS - 1 - column] = pixels[row * ROWS + column];
      }
    }
    this.#map.show(turned, ROWS, ROWS);
  }
}
