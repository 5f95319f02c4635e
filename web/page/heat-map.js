/** A picture of numbers: a column for each step, a line for each unit, a colour for each value. */

import { entryOf, palette } from './colours.js';
import { h } from './dom.js';
import { onTheme } from './theme.js';

/** @typedef {import('./colours.js').Scale} Scale */

/** More units than these are shown smoothed: the screen has fewer lines. */
const SMOOTH_FROM = 200;

export class HeatMap {
  #scale;
  #from;
  #to;
  /** @type {{values: ArrayLike<number>, steps: number, units: number}} */
  #shown = { values: [], steps: 1, units: 1 };

  /**
   * @param {string} name for data-map
   * @param {{scale: Scale, from: number, to: number}} options the range of the colours
   */
  constructor(name, { scale, from, to }) {
    this.#scale = scale;
    this.#from = from;
    this.#to = to;
    this.canvas = h('canvas', { class: 'map', role: 'img', 'data-map': name, width: 1, height: 1 });
    onTheme(() => this.#paint());
  }

  /** @param {ArrayLike<number>} values steps x units @param {number} steps @param {number} units */
  show(values, steps, units) {
    this.#shown = { values, steps, units };
    this.#paint();
  }

  #paint() {
    const { values, steps, units } = this.#shown;
    const { canvas } = this;
    if (canvas.width !== steps || canvas.height !== units) {
      canvas.width = steps;
      canvas.height = units;
      canvas.classList.toggle('smooth', units > SMOOTH_FROM);
    }
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    const image = context.createImageData(steps, units);
    const colours = palette(this.#scale);
    for (let t = 0; t < steps; t++) {
      for (let u = 0; u < units; u++) {
        const entry = 3 * entryOf(values[t * units + u], this.#from, this.#to);
        const at = 4 * (u * steps + t);
        image.data[at] = colours[entry];
        image.data[at + 1] = colours[entry + 1];
        image.data[at + 2] = colours[entry + 2];
        image.data[at + 3] = 255;
      }
    }
    context.putImageData(image, 0, 0);
  }
}

/** The colours of a scale side by side. @param {Scale} scale */
export function colourBar(scale) {
  const map = new HeatMap(`bar-${scale}`, { scale, from: 0, to: 1 });
  map.canvas.className = 'colour-bar';
  map.canvas.setAttribute('aria-hidden', 'true');
  map.canvas.removeAttribute('role');
  const steps = 64;
  map.show(
    Float32Array.from({ length: steps }, (_, i) => i / (steps - 1)),
    steps,
    1,
  );
  return map.canvas;
}
