/** The same drawings in other sizes, places and shapes: a reader of digits should not mind. */

/** @typedef {[number, number]} Point in units of the canvas' side */

/**
 * @typedef {object} Form
 * @property {number} [size] the drawing's longer side, of the canvas' side
 * @property {number} [x] its middle
 * @property {number} [y]
 * @property {number} [stretch] its width is multiplied by this
 * @property {number} [slant] its top goes to the right by this much of its height
 * @property {number} [every] one point of so many is kept, as of a fast hand, and each stroke's last
 * @property {number} [pixels] the canvas' side, where points are whole pixels of the screen
 * @property {Point} [dot] a tap of the pen: where, from the drawing's middle, in its longer sides
 */

/** In the middle of the canvas, with a margin. @type {Form} */
export const PLAIN = Object.freeze({});

/** @type {Readonly<Record<string, Form>>} */
export const FORMS = Object.freeze({
  plain: PLAIN,
  'tiny, upper left': { size: 0.2, x: 0.12, y: 0.12 },
  'tiny, lower right': { size: 0.2, x: 0.88, y: 0.88 },
  'tiny, whole pixels': { size: 0.2, pixels: 320 },
  'huge, on the border': { size: 1 },
  'wide (x 1.5)': { stretch: 1.5 },
  'narrow (x 0.6)': { stretch: 0.6 },
  'slanted right': { slant: 0.3 },
  'slanted left': { slant: -0.3 },
  'fast (each 4th point)': { every: 4 },
  'dot on the right': { size: 0.5, dot: [0.8, 0] },
  'dot on the left, above': { size: 0.5, dot: [-0.7, -0.6] },
  'dot below': { size: 0.5, dot: [0, 0.8] },
});

/** @param {number[][]} stroke @param {number} every */
const thinned = (stroke, every) => stroke.filter((_, i) => i % every === 0 || i === stroke.length - 1);

/**
 * A drawing on the canvas, in units of its side.
 * @param {number[][][]} strokes points in units of their own
 * @param {Form} form
 * @returns {Point[][]}
 */
export function onCanvas(strokes, form) {
  const { size = 0.8, x = 0.5, y = 0.5, stretch = 1, slant = 0, every = 1, pixels = Infinity, dot } = form;
  const drawn = strokes.map((stroke) =>
    thinned(stroke, every).map(([px, py]) => [(px - slant * py) * stretch, py]),
  );
  const [xs, ys] = [0, 1].map((axis) => drawn.flat().map((point) => point[axis]));
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = size / (Math.max(right - left, bottom - top) || 1);
  const snap = (/** @type {number} */ at) => (pixels === Infinity ? at : Math.round(at * pixels) / pixels);
  const placed = drawn.map((stroke) =>
    stroke.map(
      ([px, py]) =>
        /** @type {Point} */ ([
          snap(x + (px - (left + right) / 2) * scale),
          snap(y + (py - (top + bottom) / 2) * scale),
        ]),
    ),
  );
  return dot ? [...placed, [[x + dot[0] * size, y + dot[1] * size]]] : placed;
}
