/**
 * Digits as people write them with a pen but MNIST's writers hardly did: sevens with a bar, open fours, ones with
 * flag and foot. Our own curves, deformed at random and read as the page reads a drawing.
 */

/**
 * The ways to write each digit: strokes of points "x,y", y downwards, the height 0 to 1. A smooth curve goes
 * through the points; at "|" it has a corner.
 * @type {readonly (readonly string[])[][]}
 */
const FORMS = [
  [
    ['.3,0 .08,.2 0,.5 .08,.85 .3,1 .52,.85 .6,.5 .52,.15 .3,0'],
    ['.35,.03 .1,.15 0,.5 .1,.88 .32,1 .55,.8 .6,.45 .5,.12 .25,.02 .15,.12'],
    ['.35,.05 .05,.3 .02,.7 .25,1 .55,.8 .58,.35 .42,.08'],
    ['.3,0 .05,.2 0,.5 .08,.85 .3,1 .55,.85 .62,.5 .52,.15 .3,0', '.55,.12 .08,.88'],
  ],
  [
    ['.1,0 .1,1'],
    ['.25,0 .1,1'],
    ['0,.25 .25,0 | .25,1'],
    ['0,.42 .35,0 | .35,1'],
    ['.05,.2 .25,0 | .25,1', '0,1 .5,1'],
    ['.05,.15 .2,.08 .28,0 | .25,.5 .25,1', '.02,1 .25,.98 .5,1'],
  ],
  [
    ['0,.2 .15,.03 .4,.02 .55,.2 .45,.45 .2,.75 0,1 | .6,1'],
    ['0,.18 .2,0 .5,.1 .5,.35 .3,.65 .1,.95 0,.9 .1,.78 .3,.9 .6,.98'],
    ['0,.1 .3,0 .5,.1 .45,.3 | 0,1 | .6,.95'],
    ['0,.25 .1,.05 .35,0 .55,.2 .4,.5 .15,.8 0,1 | .2,.9 .4,.97 .6,.9'],
    ['.1,.2 .25,.02 .48,.12 .4,.4 .25,.7 .1,.95 | .3,.9 .5,.95'],
  ],
  [
    ['0,.12 .2,0 .45,.05 .5,.25 .35,.43 .15,.47 | .4,.5 .55,.7 .45,.93 .2,1 0,.88'],
    ['0,0 .5,0 | .2,.4 | .45,.45 .55,.7 .4,.95 .15,1 0,.88'],
    ['0,.1 .25,0 .5,.12 .4,.38 .2,.48 .15,.42 .25,.42 .5,.55 .52,.8 .25,1 0,.9'],
    ['0,.08 .25,0 .45,.15 .35,.38 | .2,.45 | .45,.5 .5,.75 .3,.98 0,.97'],
  ],
  [
    ['.15,0 0,.6 | .6,.6', '.42,.3 .42,1'],
    ['.1,0 0,.55 | .6,.5', '.5,0 .45,1'],
    ['.4,1 .4,0 | 0,.65 | .6,.65'],
    ['.4,0 0,.62 | .62,.62', '.42,.35 .4,1'],
    ['0,0 .02,.4 .2,.5 .5,.4', '.5,0 .5,1'],
    ['.25,0 0,.75 | .6,.68', '.35,.42 .3,1'],
    ['.3,0 .1,.4 0,.72 .2,.75 .55,.65', '.4,.4 .35,1'],
    ['.35,0 .1,.25 .05,.5 .3,.47 .5,.4 | .3,1'],
    ['.3,0 .02,.5 | .52,.45 | .35,1'],
    ['0,0 0,.45 .15,.55 .45,.45 .5,.05 | .45,1'],
    ['.1,0 0,.45 .2,.55 .5,.4', '.52,.1 .42,.5 .3,1'],
  ],
  [
    ['.5,0 .08,0 | .03,.42 | .25,.37 .5,.5 .52,.8 .3,1 0,.92'],
    ['.08,.02 .03,.42 | .3,.36 .55,.6 .45,.92 .2,1 0,.9', '.08,.02 .55,0'],
    ['.5,.02 .2,.05 .05,.25 .2,.42 .45,.58 .48,.85 .25,1 0,.9'],
    ['.05,.12 .03,.45 | .3,.4 .52,.62 .42,.92 .18,1 0,.9', '.1,0 .6,-.02'],
    ['.1,.05 0,.5 | .2,.42 .45,.5 .45,.8 .3,.98 .05,1', '.15,.05 .35,.08 .6,0'],
  ],
  [
    ['.45,0 .15,.3 0,.65 .1,.95 .35,1 .5,.8 .4,.6 .2,.6 .03,.75'],
    ['.4,0 .1,.35 0,.7 .15,.98 .4,.95 .48,.75 .3,.6 .15,.68'],
    ['.2,0 .05,.4 0,.75 .15,1 .4,.97 .48,.75 .35,.58 .1,.65'],
    ['.5,.05 .3,0 .1,.2 0,.6 .1,.95 .35,1 .52,.8 .4,.55 .15,.58 .02,.7'],
    ['.45,0 .1,.4 0,.75 .2,1 .45,.85 .4,.62 .2,.65'],
  ],
  [
    ['0,0 .55,0 | .2,1'],
    ['0,0 .55,0 | .2,1', '.1,.5 .5,.48'],
    ['0,.2 .02,.02 | .55,0 | .25,1', '.12,.52 .52,.5'],
    ['0,.05 .3,.03 .55,0 | .4,.4 .25,1', '.1,.45 .58,.45'],
    ['0,.15 .12,.02 .3,.08 .55,0 | .3,.5 .2,1', '.05,.55 .5,.5'],
    ['0,.12 .15,0 .35,.03 .5,.1 .4,.4 .25,.7 .2,1', '.1,.58 .52,.42'],
    ['.05,.08 .25,0 .48,.08 .42,.4 .3,1', '.12,.48 .6,.55'],
    ['0,.05 .5,0 | .35,.4 | .1,1', '0,.5 .3,.45 .58,.5'],
    ['0,.2 .1,0 .3,.06 .55,.02 | .35,.45 .25,1'],
  ],
  [
    ['.45,.12 .25,0 .05,.12 .1,.32 .3,.48 .5,.7 .45,.95 .22,1 .02,.85 .1,.62 .3,.45 .48,.25 .45,.1'],
    ['.3,0 .1,.08 .08,.35 .3,.46 .5,.35 .48,.08 .3,0', '.3,.46 .02,.6 .03,.92 .3,1 .58,.92 .57,.6 .3,.46'],
    ['.5,.08 .25,.02 .05,.18 .2,.42 .45,.65 .45,.92 .2,1 0,.85 .15,.6 .4,.4 .55,.15'],
    ['.3,.45 .08,.3 .1,.05 .35,0 .5,.2 .3,.45 .08,.65 .05,.92 .3,1 .52,.85 .5,.6 .3,.45'],
    ['.55,.05 .3,0 .1,.15 .2,.4 .42,.6 .4,.9 .15,1 0,.8 .2,.55 .5,.35 .58,.1'],
  ],
  [
    ['.5,.1 .25,0 .02,.15 .08,.42 .3,.45 .48,.2 .5,.08 | .5,1'],
    ['.5,.12 .25,0 0,.2 .12,.45 .38,.4 .5,.15 .5,.5 .4,.9 .15,1 0,.9'],
    ['.48,.1 .2,0 0,.2 .15,.42 .45,.3 .5,.1 .52,.6 .4,.97 .15,.98 0,.85'],
    ['.45,.1 .2,.02 .02,.22 .18,.42 .42,.25 .48,.08 | .3,1'],
    ['.42,.08 .2,0 .05,.18 .2,.38 .42,.25 .46,.08 | .5,.5 .42,.88 .2,1 0,.93'],
    ['.5,.05 .2,.05 .05,.25 .2,.4 .5,.3 .52,.05 | .5,.7 .3,1 .02,.98'],
  ],
];

const CURVE_POINTS = 6; // between two of a curve's points
const JITTER = 0.05; // of the height: how far a point of a form is moved, at most
const SLANT = 0.35;
const TURN = 0.15;
const NARROWEST = 0.7;
const WIDEST = 1.5;

/** Mulberry32, a public-domain generator by Tommy Ettinger; in [0, 1). @param {number} seed */
function randomNumbers(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Points on a curve through points (Catmull and Rom 1974).
 * @param {number[][]} points
 */
function curve(points) {
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
const between = (next, low, high) => low + (high - low) * next();

/**
 * One drawing of a form: points moved a little, then the whole made wider or narrower, slanted and turned.
 * @param {readonly string[]} form
 * @param {() => number} next
 * @returns {number[][][]} strokes of points
 */
function deform(form, next) {
  const width = between(next, NARROWEST, WIDEST);
  const slant = between(next, -SLANT, SLANT);
  const turn = between(next, -TURN, TURN);
  const jitter = between(next, 0, JITTER);
  const place = (/** @type {string} */ text) => {
    const [x, y] = text.split(',').map((value) => Number(value) + between(next, -jitter, jitter));
    return [width * x - slant * y, y + turn * width * x];
  };
  return form.map((stroke) => {
    /** @type {number[][]} */
    let path = [];
    for (const part of stroke.split('|')) {
      const points = part.trim().split(' ').map(place);
      const last = path.at(-1);
      path = path.concat(curve(last ? [last, ...points] : points));
    }
    return path;
  });
}

/** To the middle of the page's canvas, with a margin. @param {number[][][]} strokes */
function onCanvas(strokes) {
  const [xs, ys] = [0, 1].map((axis) => strokes.flat().map((point) => point[axis]));
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const scale = 0.8 / Math.max(Math.max(...xs) - left, Math.max(...ys) - top);
  return strokes.map((points) => ({
    tool: /** @type {const} */ ('pen'),
    radius: 0.03,
    points: points.flatMap(([x, y]) => [0.1 + (x - left) * scale, 0.1 + (y - top) * scale]),
  }));
}

/**
 * So many drawings of digits, all ten in turn; the same for the same seed.
 * @param {import('../web/lib/index.js').Engine} engine
 * @param {number} count
 * @param {number} seed
 * @returns {import('../web/lib/idx.js').LabelledImages}
 */
export function drawDigits(engine, count, seed) {
  const next = randomNumbers(seed);
  const images = new Uint8Array(count * 784);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    labels[i] = i % 10;
    const forms = FORMS[labels[i]];
    const form = forms[Math.floor(next() * forms.length)];
    images.set(engine.readDrawing(onCanvas(deform(form, next))).pixels, i * 784);
  }
  return { images, labels, count, rows: 28, columns: 28 };
}
