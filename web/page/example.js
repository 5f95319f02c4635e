/** A sample digit that draws itself, or a picture: it is read row by row, and stays until somebody draws. */

import { RADIUS } from './sketch.js';
import { sampleStrokes } from './samples.js';

const DRAWING_MS = 1100;
const ROW_MS = 42;

/** Those that show most as they are read come first. */
const ORDER = [3, 5, 2, 7, 4, 9, 8, 6, 0, 1];

/** @typedef {import('./sketch.js').Stroke} Stroke */

/** The first points of strokes. @param {Stroke[]} strokes @param {number} share 0..1 @returns {Stroke[]} */
function begun(strokes, share) {
  let left = Math.ceil(share * strokes.reduce((sum, { points }) => sum + points.length / 2, 0));
  return strokes.flatMap((stroke) => {
    const count = Math.min(left, stroke.points.length / 2);
    left -= count;
    return count > 0 ? [{ ...stroke, points: stroke.points.slice(0, 2 * count) }] : [];
  });
}

export class Example {
  #next = 0;
  /** Grows when another example begins or the user takes over: older animations end. */
  #generation = 0;
  #sketch;
  #readRows;
  #showRow;

  /**
   * @param {import('./sketch.js').Sketch} sketch
   * @param {() => Promise<import('../protocol.js').Answer>} readRows reads what the sketch shows
   * @param {(answer: import('../protocol.js').Answer, row: number | null) => void} showRow null: all
   */
  constructor(sketch, readRows, showRow) {
    this.#sketch = sketch;
    this.#readRows = readRows;
    this.#showRow = showRow;
  }

  /** Ends at once what moves. */
  cancel() {
    this.#generation++;
  }

  /** Shows a picture, or draws the next digit; then reads it row by row. @param {Uint8Array | null} [picture] */
  async play(picture = null) {
    const generation = ++this.#generation;
    const goesOn = () => generation === this.#generation;
    const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
    if (picture) this.#sketch.showPicture(picture);
    else await this.#drawDigit(isStill, goesOn);
    if (isStill || !goesOn()) return;
    const answer = await this.#readRows();
    const steps = answer.trace?.steps ?? 0;
    const rows = steps > 1 ? steps : 0; // all at once: nothing to sweep
    await frames(rows * ROW_MS, goesOn, (share) =>
      this.#showRow(answer, Math.min(rows - 1, Math.floor(share * rows))),
    );
    if (goesOn()) this.#showRow(answer, null);
  }

  /** @param {boolean} isStill all at once @param {() => boolean} goesOn */
  async #drawDigit(isStill, goesOn) {
    const digit = ORDER[this.#next++ % ORDER.length];
    const strokes = sampleStrokes(digit).map((points) => ({
      tool: /** @type {const} */ ('pen'),
      radius: RADIUS.pen,
      points: points.flat(),
    }));
    if (!isStill) {
      await frames(DRAWING_MS, goesOn, (share) => this.#sketch.showExample(begun(strokes, share)));
    }
    if (goesOn()) this.#sketch.showExample(strokes);
  }
}

/**
 * Calls step with 0..1 before each frame for a time.
 * @param {number} milliseconds
 * @param {() => boolean} goesOn
 * @param {(share: number) => void} step
 * @returns {Promise<void>}
 */
function frames(milliseconds, goesOn, step) {
  return new Promise((resolve) => {
    const start = performance.now();
    const frame = () => {
      const share = (performance.now() - start) / milliseconds;
      if (!goesOn() || !(share < 1)) {
        resolve();
        return;
      }
      step(share);
      requestAnimationFrame(frame);
    };
    frame();
  });
}
