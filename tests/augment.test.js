/** Distortions of pictures in training: the same everywhere, of the size that was asked for. */

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { loadMnist } from '../models/mnist.js';
import { drawDigits } from '../models/strokes.js';
import { AUGMENT_FIELDS, ConfigError, loadEngine, supportedVariants } from '../web/lib/index.js';
import { hash } from './support/random.js';

/** Of 300 distorted digits, in all builds, on all machines. */
const EXPECTED_HASH = 1295083351;

/** Everything at once. */
const ALL = Object.freeze({
  share: 0.9,
  rotation: 15,
  scale: 0.3,
  shear: 0.3,
  shift: 1,
  elastic: 1.2,
  smoothness: 7,
  thickness: 0.5,
  contrast: 2,
  fit: 1,
});

/** @type {import('../web/lib/index.js').Engine} */
let engine;
/** @type {(k: number) => Uint8Array} */
let digit;
before(async () => {
  engine = await loadEngine({ variant: 'simd', threads: 1 });
  const { train } = await loadMnist();
  digit = (k) => train.images.subarray(k * 784, (k + 1) * 784);
});

/** A soft round dot of about 3 pixels at (x, y), in pixels from the corner. @param {number} x @param {number} y */
function dot(x, y) {
  return Float32Array.from({ length: 784 }, (_, i) => {
    const [dx, dy] = [(i % 28) + 0.5 - x, Math.floor(i / 28) + 0.5 - y];
    return Math.max(0, 1 - (dx * dx + dy * dy) / 4);
  });
}

/** A picture's mass, centre and inertia. @param {Float32Array} pixels */
function moments(pixels) {
  let [mass, x, y] = [0, 0, 0];
  pixels.forEach((value, i) => {
    mass += value;
    x += value * ((i % 28) + 0.5);
    y += value * (Math.floor(i / 28) + 0.5);
  });
  const [cx, cy] = [x / mass, y / mass];
  let [xx, xy, yy] = [0, 0, 0];
  pixels.forEach((value, i) => {
    const [dx, dy] = [(i % 28) + 0.5 - cx, Math.floor(i / 28) + 0.5 - cy];
    xx += value * dx * dx;
    xy += value * dx * dy;
    yy += value * dy * dy;
  });
  return { mass, x: cx, y: cy, xx: xx / mass, xy: xy / mass, yy: yy / mass };
}

/** The outcomes of many pictures. @template T @param {number} count @param {(sequence: number) => T} fn */
const many = (count, fn) => Array.from({ length: count }, (_, sequence) => fn(sequence));

/** @param {number[]} values */
function deviation(values) {
  const mean = values.reduce((a, b) => a + b) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

test('the same bits in every build', async () => {
  const hashes = [];
  for (const variant of await supportedVariants()) {
    const other = await loadEngine({ variant, threads: 1 });
    const pictures = many(300, (sequence) => other.distort(digit(sequence), { augment: ALL, sequence }));
    hashes.push(hash(Float32Array.from(pictures.flatMap((picture) => [...picture]))));
  }
  assert.deepEqual(new Set(hashes), new Set([EXPECTED_HASH]));
});

test('the same bits as the native build (tests/native/pictures.c)', () => {
  const augment = { ...ALL };
  const image = Float32Array.from({ length: 784 }, (_, i) =>
    (i * 7919) % 1009 < 250 ? ((i * 31) % 257) / 256 : 0,
  );
  const pictures = many(50, (sequence) => engine.distort(image, { augment, seed: 1, epoch: 2, sequence }));
  assert.equal(hash(Float32Array.from(pictures.flatMap((picture) => [...picture]))), 3129600275);
});

test('what is drawn depends on seed, epoch and sequence, and on each of them', () => {
  const with_ = (/** @type {object} */ options) =>
    hash(engine.distort(digit(3), { augment: { ...ALL, share: 1 }, ...options }));
  const base = { seed: 1, epoch: 0, sequence: 0 };
  assert.equal(with_(base), with_({}));
  const others = [
    { ...base, seed: 2 },
    { ...base, epoch: 1 },
    { ...base, sequence: 1 },
  ].map(with_);
  assert.equal(new Set([with_(base), ...others]).size, 4);
});

test('without distortions a picture stays as it is, bit for bit', () => {
  const image = digit(7);
  const expected = Float32Array.from(image, (value) => value / 255);
  const found = engine.distort(image, { augment: {} });
  for (const [i, value] of found.entries()) assert.ok(Math.abs(value - expected[i]) < 1e-7, `pixel ${i}`);
  assert.deepEqual(engine.distort(found, { augment: {} }), found);
  assert.deepEqual(engine.distort(found, { augment: { ...ALL, share: 0 } }), found);
  const sharp = many(400, (sequence) =>
    engine.distort(found, { augment: { ...ALL, share: 0.25 }, sequence }),
  );
  const kept = sharp.filter((picture) => picture.every((value, i) => value === found[i])).length;
  assert.ok(kept > 270 && kept < 330, `${kept} of 400 kept with share 0.25`);
});

test('fitting alone all but keeps the digits of MNIST', () => {
  const sizes = many(200, (k) => {
    const image = Float32Array.from(digit(k), (value) => value / 255);
    const found = engine.distort(image, { augment: { fit: 1 } });
    const [before_, after] = [moments(image), moments(found)];
    for (const axis of /** @type {const} */ (['x', 'y'])) {
      assert.ok(Math.abs(before_[axis] - after[axis]) < 1.3, `image ${k}: ${before_[axis]}, ${after[axis]}`);
    }
    return Math.sqrt((after.xx + after.yy) / (before_.xx + before_.yy));
  });
  // Digits with faint ends grow: their box is taken to end where the ink is as strong as a stroke's edge.
  const near = sizes.filter((size) => size > 0.98 && size < 1.03).length;
  assert.ok(near > 0.9 * sizes.length, `${near} of ${sizes.length}`);
});

test('fitted digits have a box of 20 pixels and their mass in the middle, whatever else is done', () => {
  const augment = { ...ALL, share: 1, shift: 0, thickness: 0 };
  const boxes = many(300, (sequence) => {
    const found = engine.distort(digit(sequence), { augment, sequence });
    const { x, y } = moments(found);
    assert.ok(Math.abs(x - 14) < 1.5 && Math.abs(y - 14) < 1.5, `image ${sequence}: centre ${x}, ${y}`);
    const inked = [...found.entries()].filter(([, value]) => value > 0.4).map(([i]) => i);
    const [xs, ys] = [inked.map((i) => i % 28), inked.map((i) => Math.floor(i / 28))];
    return Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys)) + 1;
  });
  const right = boxes.filter((longest) => longest === 20).length;
  assert.ok(right > 0.93 * boxes.length, `${right} of ${boxes.length}`);
});

test('shift and bending move ink by what was asked for', () => {
  const centres = (/** @type {object} */ augment) =>
    many(800, (sequence) => moments(engine.distort(dot(11, 16), { augment, sequence })));
  for (const axis of /** @type {const} */ (['x', 'y'])) {
    const shift = deviation(centres({ shift: 3 }).map((centre) => centre[axis]));
    assert.ok(Math.abs(shift - 3 / Math.sqrt(3)) < 0.12, `shift along ${axis}: ${shift}`);
    const elastic = deviation(centres({ elastic: 1.5, smoothness: 10 }).map((centre) => centre[axis]));
    assert.ok(Math.abs(elastic - 1.5) < 0.2, `bending along ${axis}: ${elastic}`);
  }
});

test('rotation, slant and stretching stay within their ranges and use them', () => {
  const bar = Float32Array.from({ length: 784 }, (_, i) => {
    const [x, y] = [i % 28, Math.floor(i / 28)];
    return y >= 5 && y < 23 && x >= 13 && x < 15 ? 1 : 0;
  });
  const degrees = (/** @type {object} */ augment) =>
    many(300, (sequence) => {
      const { xx, xy, yy } = moments(engine.distort(bar, { augment, sequence }));
      return (Math.atan2(2 * xy, yy - xx) / 2) * (180 / Math.PI);
    });
  for (const [augment, greatest] of /** @type {[object, number][]} */ ([
    [{ rotation: 20 }, 20],
    [{ rotation: 40 }, 40],
    [{ shear: 0.4 }, (Math.atan(0.4) * 180) / Math.PI],
  ])) {
    const found = degrees(augment);
    const [least, most] = [Math.min(...found), Math.max(...found)];
    assert.ok(least < -0.95 * greatest && least > -1.03 * greatest, `${least}, ${JSON.stringify(augment)}`);
    assert.ok(most > 0.95 * greatest && most < 1.03 * greatest, `${most}, ${JSON.stringify(augment)}`);
  }
  const heights = many(
    300,
    (sequence) => moments(engine.distort(bar, { augment: { scale: 0.25 }, sequence })).yy,
  );
  const factors = heights.map((height) => Math.sqrt(height / moments(bar).yy));
  assert.ok(Math.max(...factors) < 1.27 && Math.max(...factors) > 1.2, `${Math.max(...factors)}`);
  assert.ok(Math.min(...factors) > 0.78 && Math.min(...factors) < 0.83, `${Math.min(...factors)}`);
});

test('thickness moves the edges of strokes, contrast makes them steeper', () => {
  const bar = Float32Array.from({ length: 784 }, (_, i) => (i % 28 >= 12 && i % 28 < 16 ? 1 : 0));
  const widths = many(300, (sequence) =>
    engine
      .distort(bar, { augment: { thickness: 0.5 }, sequence })
      .subarray(280, 308)
      .reduce((a, b) => a + b),
  );
  assert.ok(Math.min(...widths) > 2.99 && Math.min(...widths) < 3.1, `${Math.min(...widths)} pixels wide`);
  assert.ok(Math.max(...widths) > 4.9 && Math.max(...widths) < 5.01, `${Math.max(...widths)} pixels wide`);
  const greys = (/** @type {Float32Array} */ picture) =>
    picture.filter((value) => value > 0.02 && value < 0.98).length;
  const image = Float32Array.from(digit(5), (value) => value / 255);
  for (const sequence of many(50, (k) => k)) {
    const found = engine.distort(image, { augment: { contrast: 3 }, sequence });
    assert.ok(greys(found) <= greys(image));
    for (const value of found) assert.ok(value >= 0 && value <= 1);
  }
});

test('blank pictures, dots and pictures of all shapes', () => {
  for (const [rows, columns] of [
    [1, 1],
    [1, 40],
    [40, 1],
    [3, 5],
    [28, 28],
    [256, 256],
  ]) {
    for (const fill of [0, 0.2, 1]) {
      for (const sequence of many(10, (k) => k)) {
        const image = new Float32Array(rows * columns).fill(fill);
        const found = engine.distort(image, {
          augment: { ...ALL, elastic: 16, shift: 16 },
          rows,
          columns,
          sequence,
        });
        assert.ok(
          found.every((value) => value >= 0 && value <= 1),
          `${rows} x ${columns}`,
        );
        if (fill === 0) assert.ok(found.every((value) => value === 0));
      }
    }
  }
  const found = engine.distort(dot(5, 5), { augment: { ...ALL, share: 1 } });
  assert.ok(
    found.some((value) => value > 0.3),
    'a dot is still there',
  );
});

test('mistakes are told', () => {
  const image = digit(0);
  assert.throws(
    () => engine.distort(image, { augment: { rotation: 100 } }),
    /augment\.rotation must be a number from 0 to 90; found 100/,
  );
  assert.throws(() => engine.distort(image, { augment: { blur: 1 } }), /augment\.blur must be left out/);
  assert.throws(() => engine.distort(image, { augment: {}, rows: 3 }), ConfigError);
  const tall = new Float32Array(300 * 2);
  assert.throws(() => engine.distort(tall, { augment: {}, rows: 300, columns: 2 }), /out of range/);
  for (const [name, { min = 0, max = 0 }] of Object.entries(AUGMENT_FIELDS)) {
    for (const value of [min - 1, max + 1]) {
      assert.throws(() => engine.distort(image, { augment: { [name]: value } }), ConfigError, name);
    }
    engine.distort(image, { augment: { [name]: max } });
  }
});

test('drawings of our own: the same for the same seed, all digits, all with ink', () => {
  const [one, two, other] = [1, 1, 2].map((seed) => drawDigits(engine, 200, seed));
  assert.deepEqual(one, two);
  assert.notDeepEqual(one.images, other.images);
  for (let i = 0; i < 200; i++) {
    assert.equal(one.labels[i], i % 10);
    const { mass, x, y } = moments(
      Float32Array.from(one.images.subarray(i * 784, (i + 1) * 784), (v) => v / 255),
    );
    assert.ok(mass > 25 && Math.abs(x - 14) < 1.1 && Math.abs(y - 14) < 1.1, `drawing ${i}`);
  }
  assert.equal(drawDigits(engine, 0, 1).count, 0);
});
