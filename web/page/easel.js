/** The drawing canvas: paints a sketch, turns pointers and keys into strokes. */

import { setUpKeys } from './keyboard-pen.js';
import { paintPixels, SIDE } from './pixels.js';
import { colour, onTheme } from './theme.js';

/** @typedef {import('./sketch.js').Sketch} Sketch */
/** @typedef {'pen' | 'eraser'} Tool */

/** Of a stylus: its eraser end is down. See the Pointer Events specification, "buttons". */
const ERASER_BUTTON = 32;

export class Easel {
  /** @type {Tool} */
  tool = 'pen';
  #canvas;
  #sketch;
  #waiting = false;
  /** The example's picture in its own size. */
  #picture = Object.assign(document.createElement('canvas'), { width: SIDE, height: SIDE });
  /** Where the keyboard's pen is; null: the keyboard is not in use. @type {{x: number, y: number} | null} */
  #cursor = null;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {Sketch} sketch
   */
  constructor(canvas, sketch) {
    this.#canvas = canvas;
    this.#sketch = sketch;
    new ResizeObserver(() => this.#fit()).observe(canvas);
    onTheme(() => this.repaint());
    this.#listenToPointers();
    setUpKeys(canvas, sketch, (cursor) => {
      this.#cursor = cursor;
      this.repaint();
    });
  }

  /** The canvas gets a pixel for each of the screen's. */
  #fit() {
    const side = Math.max(1, Math.round(this.#canvas.clientWidth * devicePixelRatio));
    if (this.#canvas.width === side) return;
    this.#canvas.width = side;
    this.#canvas.height = side;
    this.#paint();
  }

  /** Paints before the next frame, once. */
  repaint() {
    if (this.#waiting) return;
    this.#waiting = true;
    requestAnimationFrame(() => {
      this.#waiting = false;
      this.#paint();
    });
  }

  #paint() {
    const context = /** @type {CanvasRenderingContext2D} */ (this.#canvas.getContext('2d'));
    const side = this.#canvas.width;
    context.clearRect(0, 0, side, side);
    if (this.#sketch.picture) {
      paintPixels(this.#picture, this.#sketch.picture, 'example-ink');
      context.imageSmoothingEnabled = false;
      context.drawImage(this.#picture, 0, 0, side, side);
    }
    context.lineCap = 'round';
    context.lineJoin = 'round';
    context.strokeStyle = this.#sketch.isExample ? colour('example-ink') : colour('ink');
    for (const { tool, radius, points } of this.#sketch.strokes) {
      context.globalCompositeOperation = tool === 'eraser' ? 'destination-out' : 'source-over';
      context.lineWidth = 2 * radius * side;
      context.beginPath();
      context.moveTo(points[0] * side, points[1] * side);
      context.lineTo(points[0] * side, points[1] * side); // a dot, where there is one point only
      for (let i = 2; i < points.length; i += 2) context.lineTo(points[i] * side, points[i + 1] * side);
      context.stroke();
    }
    context.globalCompositeOperation = 'source-over';
    if (this.#cursor) this.#paintCursor(context, side);
  }

  /** @param {CanvasRenderingContext2D} context @param {number} side */
  #paintCursor(context, side) {
    const { x, y } = /** @type {{x: number, y: number}} */ (this.#cursor);
    context.strokeStyle = colour('accent');
    context.lineWidth = Math.max(2, side / 150);
    context.beginPath();
    context.arc(x * side, y * side, 0.05 * side, 0, 2 * Math.PI);
    context.stroke();
  }

  #listenToPointers() {
    const canvas = this.#canvas;
    /** @type {number | null} the pointer that draws: a resting palm is another one */
    let drawing = null;
    let frame = canvas.getBoundingClientRect();
    const place = (/** @type {PointerEvent} */ { clientX, clientY }) => [
      (clientX - frame.left) / frame.width,
      (clientY - frame.top) / frame.height,
    ];
    canvas.addEventListener('pointerdown', (event) => {
      const erasing = (event.buttons & ERASER_BUTTON) !== 0;
      if (drawing !== null || (event.button !== 0 && !erasing)) return;
      drawing = event.pointerId;
      capture(canvas, event.pointerId);
      frame = canvas.getBoundingClientRect();
      const [x, y] = place(event);
      this.#cursor = null;
      this.#sketch.begin(erasing ? 'eraser' : this.tool, x, y);
    });
    canvas.addEventListener('pointermove', (event) => {
      if (event.pointerId !== drawing) return;
      const all = event.getCoalescedEvents?.() ?? [];
      this.#sketch.extend((all.length > 0 ? all : [event]).flatMap(place));
    });
    for (const end of /** @type {const} */ (['pointerup', 'pointercancel', 'lostpointercapture'])) {
      canvas.addEventListener(end, (event) => {
        if (event.pointerId !== drawing) return;
        drawing = null;
        this.#sketch.end();
      });
    }
    canvas.addEventListener('contextmenu', (event) => event.preventDefault()); // a stylus' long press
  }
}

/** The pen goes on drawing beyond the edge. @param {HTMLCanvasElement} canvas @param {number} pointer */
function capture(canvas, pointer) {
  try {
    canvas.setPointerCapture(pointer);
  } catch {
    // An event made by a script has no pointer to capture.
  }
}
