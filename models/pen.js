/**
 * A pen of our own: shapes given by a few points are deformed at random and laid on the page's canvas. Seeded: the
 * same drawings come out everywhere.
 */

import { RADIUS } from '../web/page/sketch.js';
import { randomNumbers } from '../web/random-numbers.js';

/**
 * A shape: strokes of points "x,y", y downwards, the height 0 to 1. A smooth curve goes through the points; at "|" it
 * has a corner.
 * @typedef {readonly string[]} Form
 */

/** @typedef {import('../web/lib/engine.js').Stroke} Stroke */

const CURVE_POINTS = 6; // between two of a curve's points
const JITTER = 0.06; // of the height: how far a point of a form is moved, at most
const STROKE_SHIFT = 0.07; // the same for each stroke after the first, as a whole
const STROKE_LENGTH = 0.25; // and by how much it is longer or shorter
const SLANT = 0.55;
const TURN = 0.15;
const NARROWEST = 0.65;
const WIDEST = 1.6;
const MARGIN = 0.1; // of the canvas

/**
 * Points on a curve through points (Catmull and Rom 1974).
 * @param {number[][]} points
 */
export function curve(points) {
  const at = (/** @type {number} */ i) => points[Math.min(Math.max(i, 0), points.length - 1)];
  const path = [points[0]];
  for (let i = 0; i + 1 < points.length; i++) {
    const [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    for (let k = 1; k <= CURVE_POINTS; k++) {
      const t = k / CURVE_POINTS;
      path.push(
        [0, 1].map((axis) => {
          const cubic = 3 * (b[axis] - c[axis]) + d[axis] - a[axis];
          const square = 2 * a[axis] - 5 * b[axis] + 4 * c[axis] - d[axis];
          return b[axis] + 0.5 * t * (c[axis] - a[axis] + t * (square + t * cubic));
        }),
      );
    }
  }
  return path;
}

/** Between low and high. @param {() => number} next @param {number} low @param {number} high */
export const between = (next, low, high) => low + (high - low) * next();

/** One of them. @template T @param {() => number} next @param {readonly T[]} all */
export const oneOf = (next, all) => all[Math.floor(next() * all.length)];

/**
 * A stroke's parts with their points, moved as a whole and made longer or shorter about its middle.
 * @param {string} stroke
 * @param {() => number} next
 * @param {boolean} isFirst it stays where it is
 */
function placeStroke(stroke, next, isFirst) {
  const parts = stroke.split('|').map((part) =>
    part
      .trim()
      .split(' ')
      .map((point) => point.split(',').map(Number)),
  );
  if (isFirst) return parts;
  const points = parts.flat();
  const shift = [0, 1].map(() => between(next, -STROKE_SHIFT, STROKE_SHIFT));
  const length = between(next, 1 - STROKE_LENGTH, 1 + STROKE_LENGTH);
  const middle = [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length);
  return parts.map((part) =>
    part.map((point) =>
      point.map((value, axis) => middle[axis] + length * (value - middle[axis]) + shift[axis]),
    ),
  );
}

/**
 * One drawing of a form: points moved a little, then the whole made wider or narrower, slanted and turned.
 * @param {Form} form
 * @param {() => number} next
 * @returns {number[][][]} strokes of points
 */
export function deform(form, next) {
  const width = between(next, NARROWEST, WIDEST);
  const slant = between(next, -SLANT, SLANT);
  const turn = between(next, -TURN, TURN);
  const jitter = between(next, 0, JITTER);
  const move = (/** @type {number[]} */ point) => {
    const [x, y] = point.map((value) => value + between(next, -jitter, jitter));
    return [width * x - slant * y, y + turn * width * x];
  };
  return form.map((stroke, i) => {
    /** @type {number[][]} */
    let path = [];
    for (const part of placeStroke(stroke, next, i === 0)) {
      const points = part.map(move);
      const last = path.at(-1);
      path = path.concat(curve(last ? [last, ...points] : points));
    }
    return path;
  });
}

/**
 * To the middle of the page's canvas, with a margin.
 * @param {number[][][]} strokes
 * @returns {Stroke[]}
 */
export function onCanvas(strokes) {
  const [xs, ys] = [0, 1].map((axis) => strokes.flat().map((point) => point[axis]));
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const side = Math.max(Math.max(...xs) - left, Math.max(...ys) - top) || 1;
  const scale = (1 - 2 * MARGIN) / side;
  return strokes.map((points) => ({
    tool: 'pen',
    radius: RADIUS.pen,
    points: points.flatMap(([x, y]) => [MARGIN + (x - left) * scale, MARGIN + (y - top) * scale]),
  }));
}

/**
 * So many drawings, read as the page reads them.
 * @param {import('../web/lib/index.js').Engine} engine
 * @param {number} count
 * @param {number} seed
 * @param {(next: () => number, i: number) => {label: number, strokes: number[][][]}} draw the i-th; strokes of points
 * @returns {import('./mnist.js').AnyImages}
 */
export function readDrawings(engine, count, seed, draw) {
  const next = randomNumbers(seed);
  const images = new Uint8Array(count * 784);
  const labels = new Int16Array(count);
  for (let i = 0; i < count; i++) {
    const { label, strokes } = draw(next, i);
    labels[i] = label;
    images.set(engine.readDrawing(onCanvas(strokes)).pixels, i * 784);
  }
  return { images, labels, count, rows: 28, columns: 28 };
}
