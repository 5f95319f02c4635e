/** "What the network reads": the 28x28 pixels, and the line that sweeps over their rows. */

import { byId } from './dom.js';
import { paintPixels, SIDE } from './pixels.js';
import { onTheme } from './theme.js';

export class Reading {
  #canvas = byId('reading', HTMLCanvasElement);
  #sweep = byId('sweep');
  /** @type {Uint8Array} */
  #pixels = new Uint8Array(SIDE * SIDE);

  constructor() {
    onTheme(() => paintPixels(this.#canvas, this.#pixels));
  }

  /** @param {Uint8Array} pixels 0 (paper) to 255 (ink) */
  show(pixels) {
    this.#pixels = pixels;
    paintPixels(this.#canvas, pixels);
  }

  /** Marks the row that is read now; null: none. @param {number | null} row from 0 */
  markRow(row) {
    this.#sweep.hidden = row === null;
    if (row !== null) this.#sweep.style.setProperty('--row', String(row));
  }
}
