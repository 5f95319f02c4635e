/** Digits that draw themselves: each stroke is a curve through points; a point given twice is a corner. */

/** @typedef {[number, number]} Point in units of the canvas' side */

/**
 * The strokes of each digit: x,y in hundredths of the canvas' side.
 * @type {Readonly<Record<number, string[]>>}
 */
const SKETCHES = Object.freeze({
  0: ['50,20 37,28 31,50 37,72 50,80 63,72 69,50 63,28 52,20'],
  1: ['54,20 51,50 48,81'],
  2: ['33,33 39,23 52,20 64,27 64,40 54,56 33,79 33,79 50,78 70,79'],
  3: ['34,27 43,20 56,21 63,30 59,41 47,47 47,47 61,53 67,65 59,77 45,80 33,73'],
  4: ['42,20 37,36 32,53 32,53 50,54 69,52', '61,22 59,50 57,82'],
  5: ['42,22 40,34 37,46 37,46 50,42 63,49 66,63 58,76 44,80 33,75', '42,22 54,22 67,20'],
  6: ['60,20 46,32 38,50 37,67 46,79 58,78 65,68 61,57 50,55 38,65'],
  7: ['31,24 50,24 68,22 68,22 58,44 50,62 44,81'],
  8: ['62,28 51,20 40,25 40,37 50,47 62,58 63,72 51,81 38,74 38,60 50,48 61,38 62,29'],
  9: ['64,33 54,23 41,27 36,40 45,50 58,46 64,33 64,33 62,56 57,82'],
});

const POINTS_BETWEEN = 8;

/**
 * A point on the Catmull-Rom curve from b to c.
 * @param {Point[]} around the four points a, b, c, d
 * @param {number} at 0..1
 * @returns {Point}
 */
function onCurve([a, b, c, d], at) {
  /** @param {0 | 1} axis */
  const along = (axis) =>
    0.5 *
    (2 * b[axis] +
      (c[axis] - a[axis]) * at +
      (2 * a[axis] - 5 * b[axis] + 4 * c[axis] - d[axis]) * at ** 2 +
      (3 * b[axis] - a[axis] - 3 * c[axis] + d[axis]) * at ** 3);
  return [along(0), along(1)];
}

/** @param {Point[]} points @returns {Point[]} */
function curve(points) {
  const last = points.length - 1;
  return points.flatMap((point, i) => {
    const next = points[i + 1];
    if (!next) return [point];
    if (next.join() === point.join()) return [];
    const around = [points[Math.max(i - 1, 0)], point, next, points[Math.min(i + 2, last)]];
    return Array.from({ length: POINTS_BETWEEN }, (_, k) => onCurve(around, k / POINTS_BETWEEN));
  });
}

/** @param {string} pair @returns {Point} */
function toPoint(pair) {
  const [x, y] = pair.split(',');
  return [Number(x) / 100, Number(y) / 100];
}

/** @param {number} digit @returns {Point[][]} its strokes, in drawing order */
export function sampleStrokes(digit) {
  return SKETCHES[digit].map((stroke) => curve(stroke.split(' ').map(toPoint)));
}
