/**
 * Drawings that are no digits: letters, signs and scribbles. Some are shown in training, beside digits, as what is to be
 * answered with doubt; others only serve to measure how often a network is sure of what is nothing.
 */

import { NO_CLASS } from '../web/lib/index.js';
import { between, curve, deform, oneOf, readDrawings } from './pen.js';

/** Letters and signs unlike any digit: not O, I, Z, S, B, G, D, g, q, b, Y, T, ? and their like. */
const TRAINING_FORMS = Object.freeze({
  A: ['0,1 .4,0 | .8,1', '.18,.6 .62,.6'],
  E: ['.5,0 0,0 | 0,1 | .5,1', '0,.5 .4,.5'],
  F: ['0,1 0,0 | .5,0', '0,.48 .4,.48'],
  H: ['0,0 0,1', '.6,0 .6,1', '0,.5 .6,.5'],
  K: ['0,0 0,1', '.5,0 0,.55 | .55,1'],
  M: ['0,1 .05,0 | .4,.7 | .75,0 | .8,1'],
  R: ['0,1 0,0 | .4,.02 .5,.25 .35,.48 0,.5 | .55,1'],
  W: ['0,0 .2,1 | .4,.3 | .6,1 | .8,0'],
  X: ['0,0 .6,1', '.6,0 0,1'],
  m: ['0,1 0,.2 .2,0 .35,.2 .35,1 | .4,.2 .55,0 .75,.2 .75,1'],
  n: ['0,1 0,.1', '0,.5 .2,.1 .45,.1 .55,.4 .55,1'],
  u: ['0,.1 .02,.7 .2,1 .45,.85 .55,.1 | .55,1'],
  w: ['0,0 .1,.8 .25,1 .4,.7 .42,.3 | .45,.8 .6,1 .8,.7 .85,0'],
  hash: ['.25,0 .2,1', '.6,0 .55,1', '0,.35 .85,.33', '0,.68 .85,.66'],
  star: ['.5,0 .2,1 | .95,.35 | .05,.35 | .8,1 | .5,0'],
  arrow: ['0,.5 1,.5', '.65,.2 1,.5 | .65,.8'],
  house: ['0,1 0,.45 | .45,0 | .9,.45 | .9,1 | 0,1'],
});

/** The same, never shown in training. */
const HELD_OUT_FORMS = Object.freeze({
  J: ['.1,0 .6,0', '.4,0 .4,.8 .25,1 .05,.9 0,.7'],
  N: ['0,1 0,0 | .6,1 | .6,0'],
  P: ['0,1 0,0 | .4,.02 .5,.25 .35,.5 0,.52'],
  Q: ['.35,0 .05,.2 0,.5 .1,.85 .35,.95 .62,.8 .68,.5 .6,.15 .35,0', '.4,.7 .75,1'],
  U: ['0,0 .02,.7 .25,1 .5,.85 .58,.5 .6,0'],
  V: ['0,0 .35,1 | .7,0'],
  Y: ['0,0 .3,.5', '.6,0 .3,.5 | .3,1'],
  a: ['.5,.2 .3,0 .05,.25 0,.65 .2,.98 .45,.7 .5,.2 | .52,.8 .65,1'],
  e: ['.02,.5 .55,.45 .45,.1 .2,0 0,.4 .1,.85 .35,1 .58,.85'],
  k: ['0,0 0,1', '.4,.4 0,.7 | .45,1'],
  heart: ['.5,.3 .35,0 .05,.1 .05,.45 .5,1 | .95,.45 .95,.1 .65,0 .5,.3'],
  triangle: ['.5,0 0,1 | 1,1 | .5,0'],
  plus: ['.5,0 .5,1', '0,.5 1,.5'],
  question: ['0,.2 .1,.02 .35,0 .5,.15 .45,.35 .25,.5 .22,.72', '.22,.95 .23,.98'],
  check: ['0,.6 .25,1 | .8,0'],
  smile: [
    '.5,0 .1,.15 0,.5 .1,.85 .5,1 .9,.85 1,.5 .9,.15 .5,0',
    '.3,.35 .32,.38',
    '.7,.35 .71,.38',
    '.25,.6 .5,.78 .75,.6',
  ],
});

/** Some curves through random points. @param {() => number} next */
function tangle(next) {
  return Array.from({ length: 1 + Math.floor(3 * next() ** 2) }, () =>
    curve(Array.from({ length: 5 + Math.floor(6 * next()) }, () => [next(), next()])),
  );
}

/** Straight lines between random corners. @param {() => number} next */
function corners(next) {
  const strokes = 1 + Math.floor(2 * next() ** 2);
  return Array.from({ length: strokes }, () =>
    Array.from({ length: 6 + Math.floor(4 * next()) }, () => [next(), next()]),
  );
}

/** Short strokes here and there. @param {() => number} next */
function pieces(next) {
  return Array.from({ length: 3 + Math.floor(6 * next()) }, () => {
    const [x, y, angle] = [next(), next(), between(next, 0, Math.PI)];
    const [dx, dy] = [Math.cos(angle), Math.sin(angle)].map((part) => part * between(next, 0.05, 0.4));
    return curve([
      [x - dx, y - dy],
      [x + between(next, -0.1, 0.1), y + between(next, -0.1, 0.1)],
      [x + dx, y + dy],
    ]);
  });
}

/** A pen that wanders, its direction changing slowly or fast. @param {() => number} next */
function wander(next) {
  let [x, y, direction] = [0, 0, between(next, 0, 2 * Math.PI)];
  const swing = between(next, 0.3, 1.4);
  const bias = between(next, -0.3, 0.3);
  const path = Array.from({ length: 20 + Math.floor(60 * next()) }, () => {
    direction += bias + between(next, -swing, swing);
    x += Math.cos(direction);
    y += Math.sin(direction);
    return [x, y];
  });
  return [path];
}

/** To and fro over the canvas, closer or wider. @param {() => number} next */
function hatch(next) {
  const lines = 4 + Math.floor(16 * next());
  const angle = between(next, 0, Math.PI);
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  const height = between(next, 0.4, 1.6);
  const path = Array.from({ length: lines }, (_, i) => {
    const [x, y] = [(i % 2) + between(next, -0.2, 0.2), (height * i) / lines + between(next, -0.03, 0.03)];
    return [cosine * x - sine * y, sine * x + cosine * y];
  });
  return [path];
}

/** Round and round, inwards or outwards. @param {() => number} next */
function spiral(next) {
  const turns = between(next, 2.2, 5);
  const sense = oneOf(next, [-1, 1]);
  const points = Math.round(turns * 24);
  const stretch = between(next, 0.6, 1.6);
  return [
    Array.from({ length: points }, (_, i) => {
      const angle = (sense * i * 2 * Math.PI) / 24;
      const radius = 0.1 + i / points + between(next, -0.02, 0.02);
      return [stretch * radius * Math.cos(angle), radius * Math.sin(angle)];
    }),
  ];
}

/** @typedef {(next: () => number) => number[][][]} Draw */

/** @param {Readonly<Record<string, string[]>>} forms @returns {Draw} */
const oneOfForms = (forms) => (next) => deform(oneOf(next, Object.values(forms)), next);

/** What is shown in training. @type {readonly Draw[]} */
const TRAINING_KINDS = [
  tangle,
  tangle,
  corners,
  pieces,
  oneOfForms(TRAINING_FORMS),
  oneOfForms(TRAINING_FORMS),
];

/** What measures. @type {Readonly<Record<string, Draw>>} */
export const HELD_OUT_KINDS = Object.freeze({
  wander,
  hatch,
  spiral,
  'letters and signs': oneOfForms(HELD_OUT_FORMS),
});

/**
 * So many drawings for training that are no digits, labelled NO_CLASS.
 * @param {import('../web/lib/index.js').Engine} engine
 * @param {number} count
 * @param {number} seed
 */
export function drawScribbles(engine, count, seed) {
  return readDrawings(engine, count, seed, (next) => ({
    label: NO_CLASS,
    strokes: oneOf(next, TRAINING_KINDS)(next),
  }));
}

/**
 * So many of one of HELD_OUT_KINDS.
 * @param {import('../web/lib/index.js').Engine} engine
 * @param {string} kind
 * @param {number} count
 * @param {number} seed
 */
export function drawHeldOut(engine, kind, count, seed) {
  return readDrawings(engine, count, seed, (next) => ({
    label: NO_CLASS,
    strokes: HELD_OUT_KINDS[kind](next),
  }));
}
