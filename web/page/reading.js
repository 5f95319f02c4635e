/** "What the network reads": the 28x28 pixels, and the line that sweeps over their rows. */

import { rgb } from './colours.js';
import { byId } from './dom.js';
import { colour, onTheme } from './theme.js';

const SIDE = 28;

export class Reading {
  #canvas = byId('reading', HTMLCanvasElement);
  #sweep = byId('sweep');
  /** @type {Uint8Array} */
  #pixels = new Uint8Array(SIDE * SIDE);

  constructor() {
    onTheme(() => this.#paint());
  }

  /** @param {Uint8Array} pixels 0 (paper) to 255 (ink) */
  show(pixels) {
    this.#pixels = pixels;
    this.#paint();
  }

  /** The ink's colour is the theme's; how much there is, is its alpha. */
  #paint() {
    const context = /** @type {CanvasRenderingContext2D} */ (this.#canvas.getContext('2d'));
    const image = context.createImageData(SIDE, SIDE);
    const [red, green, blue] = rgb(colour('ink'));
    this.#pixels.forEach((ink, i) => image.data.set([red, green, blue, ink], 4 * i));
    context.putImageData(image, 0, 0);
  }

  /** Marks the row that is read now; null: none. @param {number | null} row from 0 */
  markRow(row) {
    this.#sweep.hidden = row === null;
    if (row !== null) this.#sweep.style.setProperty('--row', String(row));
  }
}
