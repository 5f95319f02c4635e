/** Drawings and pictures made into 28x28 as MNIST made its digits. */

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { loadMnist } from '../models/mnist.js';
import { loadEngine } from '../web/lib/index.js';

/** @type {import('../web/lib/index.js').Engine} */
let engine;
before(async () => {
  engine = await loadEngine();
});

/** A 7 with a bar, in a unit square. */
const SEVEN = [
  [0.1, 0.0, 0.5, 0.02, 0.7, 0.0, 0.62, 0.25, 0.5, 0.5, 0.4, 0.75, 0.35, 1.0],
  [0.25, 0.5, 0.65, 0.48],
];

/**
 * The strokes scaled by `size` and moved to (x, y).
 * @param {number} size
 * @param {number} x
 * @param {number} y
 * @param {number} [radius]
 * @returns {import('../web/lib/engine.js').Stroke[]}
 */
function seven(size, x, y, radius = 0.03) {
  return SEVEN.map((points) => ({
    tool: 'pen',
    radius,
    points: points.map((value, i) => value * size + (i % 2 ? y : x)),
  }));
}

/** The mean difference of two readings, in levels of grey. @param {Uint8Array} a @param {Uint8Array} b */
function meanDifference(a, b) {
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;
}

/** @param {Uint8Array} pixels */
function describe(pixels) {
  let [mass, mx, my, left, right, top, bottom] = [0, 0, 0, 28, -1, 28, -1];
  for (const [i, value] of pixels.entries()) {
    const [x, y] = [i % 28, Math.floor(i / 28)];
    mass += value;
    mx += value * x;
    my += value * y;
    if (value > 0) {
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    }
  }
  return { mass, x: mx / mass, y: my / mass, width: right - left + 1, height: bottom - top + 1 };
}

test('small, large, in corners, with a thin or a thick pen: the same 28x28', () => {
  const { pixels: expected } = engine.readDrawing(seven(0.6, 0.2, 0.2));
  assert.ok(describe(expected).mass > 10000, 'the drawing has ink');
  const places = [
    [0.06, 0.01, 0.01],
    [0.06, 0.93, 0.93],
    [0.1, 0.88, 0.02],
    [0.3, 0.02, 0.68],
    [0.98, 0.01, 0.01],
  ];
  for (const [size, x, y] of places) {
    for (const radius of [0.005, 0.03, 0.06]) {
      const { pixels, blank } = engine.readDrawing(seven(size, x, y, radius));
      assert.equal(blank, false);
      const difference = meanDifference(pixels, expected);
      // Rounding of the points in float32 moves edges by less than a hundredth of a pixel.
      assert.ok(difference < 0.5, `size ${size} at ${x}, ${y}, pen ${radius}: differs by ${difference}`);
    }
  }
});

test('a drawing fits 20x20, its centre of mass in the middle', () => {
  for (const stretch of [0.2, 1, 5]) {
    const strokes = seven(0.15, 0.1, 0.1).map((stroke) => ({
      ...stroke,
      points: Array.from(stroke.points, (value, i) => (i % 2 ? value : value * stretch)),
    }));
    const { x, y, width, height } = describe(engine.readDrawing(strokes).pixels);
    assert.ok(Math.max(width, height) === 20, `${width} x ${height} at stretch ${stretch}`);
    assert.ok(Math.abs(x - 14) <= 0.51 && Math.abs(y - 14) <= 0.51, `centre ${x}, ${y}`);
  }
});

test('the test images of MNIST pass through unchanged', async () => {
  const { test: data } = await loadMnist();
  let changed = 0;
  for (let k = 0; k < data.count; k++) {
    const image = data.images.subarray(k * 784, (k + 1) * 784);
    const { width, height } = describe(image);
    const { pixels } = engine.readPicture(image, 28, 28);
    // Three of the ten thousand have a box of 19 pixels, which is scaled to 20.
    if (Math.max(width, height) === 20) assert.deepEqual(pixels, image, `image ${k}`);
    else changed++;
  }
  assert.equal(changed, 3);
});

test('a large picture is scaled by area', () => {
  const side = 400;
  const ink = new Uint8Array(side * side);
  for (let y = 50; y < 250; y++) ink.fill(255, y * side + 300, y * side + 340);
  const { pixels } = engine.readPicture(ink, side, side);
  const { width, height, mass } = describe(pixels);
  assert.deepEqual([width, height], [4, 20]);
  assert.equal(mass, 4 * 20 * 255);
});

test('without centring the canvas is only scaled down', () => {
  const dot = { tool: /** @type {const} */ ('pen'), radius: 1 / 28, points: [3.5 / 28, 5.5 / 28] };
  const { x, y } = describe(engine.readDrawing([dot], { centre: false }).pixels);
  assert.ok(Math.abs(x - 3) < 0.05 && Math.abs(y - 5) < 0.05, `centre ${x}, ${y}`);
});

test('blank: nothing drawn, or all of it rubbed out', () => {
  assert.equal(engine.readDrawing([]).blank, true);
  assert.equal(engine.readDrawing([{ tool: 'pen', radius: 0.03, points: [] }]).blank, true);
  const rubbed = seven(0.5, 0.2, 0.2);
  rubbed.push({ tool: 'eraser', radius: 0.8, points: [0.5, 0.5] });
  for (const centre of [true, false]) {
    const reading = engine.readDrawing(rubbed, { centre });
    assert.equal(reading.blank, true);
    assert.ok(reading.pixels.every((value) => value === 0));
  }
  assert.equal(engine.readPicture(new Uint8Array(9), 3, 3).blank, true);
});

test('an eraser takes away what is under it, and what is left is centred', () => {
  const left = { tool: /** @type {const} */ ('pen'), radius: 0.02, points: [0.2, 0.2, 0.2, 0.8] };
  const right = { ...left, points: [0.8, 0.1, 0.8, 0.9] };
  const eraser = { tool: /** @type {const} */ ('eraser'), radius: 0.1, points: [0.8, 0, 0.8, 1] };
  const { pixels } = engine.readDrawing([left, right, eraser]);
  const { pixels: expected } = engine.readDrawing([left]);
  assert.ok(meanDifference(pixels, expected) < 2, `differs by ${meanDifference(pixels, expected)}`);
});

test('a single dot is a dot', () => {
  const { pixels, blank } = engine.readDrawing([{ tool: 'pen', radius: 0.03, points: [0.1, 0.9] }]);
  assert.equal(blank, false);
  const { x, y } = describe(pixels);
  assert.ok(Math.abs(x - 14) <= 0.51 && Math.abs(y - 14) <= 0.51);
});

/** A tap of the pen, two points wide. @param {number} x @param {number} y */
const tap = (x, y) => ({ tool: /** @type {const} */ ('pen'), radius: 0.03, points: [x, y, x + 0.01, y] });

test('a stray dot beside a digit does not change what is read', () => {
  const { pixels: expected } = engine.readDrawing(seven(0.5, 0.2, 0.2));
  for (const [x, y] of [
    [0.95, 0.5],
    [0.03, 0.1],
    [0.4, 0.95],
    [0.9, 0.92],
  ]) {
    for (const size of [0.5, 0.1]) {
      // A small drawing's dot is as far from it, in its own size.
      const dot = {
        ...tap(0, 0),
        points: tap(x, y).points.map((value) => 0.2 + ((value - 0.2) * size) / 0.5),
      };
      for (const strokes of [
        [...seven(size, 0.2, 0.2), dot],
        [dot, ...seven(size, 0.2, 0.2)],
      ]) {
        const difference = meanDifference(engine.readDrawing(strokes).pixels, expected);
        assert.ok(difference < 0.5, `dot at ${x}, ${y}, size ${size}: differs by ${difference}`);
      }
    }
  }
  const raw = engine.readDrawing([...seven(0.5, 0.2, 0.2), tap(0.95, 0.5)], { centre: false }).pixels;
  assert.ok(raw[14 * 28 + 26] > 0, 'without centring the canvas is read as it is');
});

test('dots that belong to a drawing stay', () => {
  const ink = (/** @type {import('../web/lib/engine.js').Stroke[]} */ strokes) =>
    describe(engine.readDrawing(strokes).pixels);
  const line = { tool: /** @type {const} */ ('pen'), radius: 0.03, points: [0.5, 0.2, 0.5, 0.8] };
  assert.ok(ink([line]).width < 5, 'a line alone is narrow');
  // One beside the other from the line on, as the keyboard's are.
  const bar = [0.45, 0.4, 0.35, 0.3, 0.25, 0.2].map((x) => tap(x, 0.8));
  assert.ok(ink([line, ...bar]).width > 8, 'a bar of dots was left out');
  assert.ok(
    ink([line, ...[...bar].reverse()]).width > 8,
    'a bar of dots, drawn towards the line, was left out',
  );
  const all = Array.from({ length: 9 }, (_, i) => tap(0.1 + 0.09 * i, 0.95 - 0.1 * (i % 2)));
  assert.ok(ink(all).width === 20, 'a drawing of dots only');
  assert.ok(ink([line, ...all]).width > 15, 'a drawing of many dots');
  const touch = { tool: /** @type {const} */ ('eraser'), radius: 0.02, points: [0.9, 0.9] };
  const rubbed = { ...touch, radius: 0.1, points: line.points };
  assert.equal(engine.readDrawing([line, rubbed, tap(0.2, 0.2)]).blank, false, 'the dot is all that is left');
  assert.ok(ink([line, tap(0.9, 0.5), touch]).width > 8, 'with an eraser all is kept');
});

test('bad drawings and pictures are refused', () => {
  const points = [0.1, 0.1, NaN, 0.2];
  assert.throws(() => engine.readDrawing([{ tool: 'pen', radius: 0.03, points }]), /NaN or infinite/);
  assert.throws(
    () => engine.readDrawing([{ tool: 'pen', radius: -1, points: [0, 0] }]),
    /NaN or infinite|range/,
  );
  assert.throws(
    () => engine.readDrawing([{ tool: /** @type {any} */ ('brush'), radius: 1, points: [0, 0] }]),
    /tool must be pen or eraser; found "brush"/,
  );
  assert.throws(() => engine.readPicture(new Uint8Array(5), 3, 3), /width x height = 9 bytes/);
});
