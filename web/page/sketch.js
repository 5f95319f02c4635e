/** The drawing as data: strokes in units of the canvas' side (0..1, y downwards), with undo; or a picture to try. */

/** @typedef {{tool: 'pen' | 'eraser', radius: number, points: number[]}} Stroke */

/** Of the nib, in units of the canvas' side: the pen as wide as MNIST's on a 28x28 image. */
export const RADIUS = Object.freeze({ pen: 0.042, eraser: 0.075 });

const UNDO_STEPS = 200;

/** @param {number} value */
const clamp = (value) => Math.min(Math.max(value, 0), 1);

export class Sketch {
  /** @type {readonly Stroke[]} */
  strokes = [];
  /** In place of strokes, as an example. @type {Uint8Array | null} */
  picture = null;
  /** The strokes are an example, not the user's: the first touch takes over. */
  isExample = false;
  /** @type {(readonly Stroke[])[]} */
  #history = [];
  /** @type {Stroke | null} the one under the pen */
  #open = null;
  #changed;

  /** @param {(change: 'moving' | 'settled') => void} changed settled: no pen is down */
  constructor(changed) {
    this.#changed = changed;
  }

  get canUndo() {
    return this.#history.length > 0;
  }

  get isEmpty() {
    return this.strokes.length === 0 && !this.picture;
  }

  get isDrawing() {
    return this.#open !== null;
  }

  #endExample() {
    this.strokes = [];
    this.picture = null;
    this.isExample = false;
  }

  #remember() {
    this.#history.push(this.strokes);
    if (this.#history.length > UNDO_STEPS) this.#history.shift();
  }

  /** Puts the pen down. @param {'pen' | 'eraser'} tool @param {number} x @param {number} y */
  begin(tool, x, y) {
    if (this.isExample) this.#endExample();
    this.#remember();
    this.#open = { tool, radius: RADIUS[tool], points: [clamp(x), clamp(y)] };
    this.strokes = [...this.strokes, this.#open];
    this.#changed('moving');
  }

  /** Moves it. @param {number[]} points x, y, x, y, ... */
  extend(points) {
    if (!this.#open || points.length === 0) return;
    this.#open.points.push(...points.map(clamp));
    this.#changed('moving');
  }

  /** Lifts it. */
  end() {
    if (!this.#open) return;
    this.#open = null;
    this.#changed('settled');
  }

  undo() {
    this.end();
    const before = this.#history.pop();
    if (!before) return;
    this.#endExample();
    this.strokes = before;
    this.#changed('settled');
  }

  clear() {
    this.end();
    if (!this.isEmpty && !this.isExample) this.#remember();
    this.#endExample();
    this.#changed('settled');
  }

  /** Shows strokes as an example; may be called again and again as it grows. @param {readonly Stroke[]} strokes */
  showExample(strokes) {
    this.end();
    if (!this.isEmpty && !this.isExample) this.#remember();
    this.isExample = true;
    this.strokes = strokes;
    this.picture = null;
    this.#changed('moving');
  }

  /** Shows a picture as an example. @param {Uint8Array} picture 28 x 28 */
  showPicture(picture) {
    this.showExample([]);
    this.picture = picture;
    this.#changed('moving');
  }

  /** A copy that later strokes don't change. */
  snapshot() {
    return this.strokes.map(({ tool, radius, points }) => ({
      tool,
      radius,
      points: Float32Array.from(points),
    }));
  }
}
