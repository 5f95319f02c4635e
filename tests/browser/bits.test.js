/** The same weights, and answers in 8 bits, to the last bit in Chromium, Firefox and Node; relaxed SIMD close to them. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as lib from '../../web/lib/index.js';
import { trainingHash } from '../support/bits.js';
import { createWorld, withPage } from './browser.js';

/** @typedef {Awaited<ReturnType<typeof trainingHash>>} Trained */

for (const name of /** @type {const} */ (['chromium', 'firefox'])) {
  test(`${name}: 200 steps give Node's weights, on one and two threads`, async () => {
    const expected = await trainingHash(lib, { variant: 'simd', threads: 1 });
    const world = await createWorld(name);
    try {
      await withPage(world, { width: 800, height: 600 }, async (page) => {
        const train = (/** @type {{variant: string, threads: number}} */ options) =>
          /** @type {Promise<Trained>} */ (
            page.evaluate(
              `import('/lib/index.js').then((lib) => (${trainingHash})(lib, ${JSON.stringify(options)}))`,
            )
          );
        const one = await train({ variant: 'simd', threads: 1 });
        assert.deepEqual(one, expected);
        const two = await train({ variant: 'simd', threads: 2 });
        assert.equal(two.threads, 2, 'the page is cross-origin isolated');
        assert.equal(two.hash, expected.hash, 'two threads');
        const scalar = await train({ variant: 'scalar', threads: 1 });
        assert.equal(scalar.hash, expected.hash, 'scalar');

        const relaxed = await train({ variant: 'relaxed', threads: 2 });
        assert.equal(relaxed.variant, 'relaxed');
        const off = Math.max(...relaxed.rough.map((z, i) => Math.abs(z - expected.rough[i])));
        assert.ok(off < 1e-3, `8-bit logits in relaxed SIMD are off by ${off}`);
        const difference = Math.abs(relaxed.loss / expected.loss - 1);
        assert.ok(
          difference < 0.02,
          `relaxed SIMD's loss after 200 steps: ${relaxed.loss}, not ${expected.loss}`,
        );
      });
    } finally {
      await world.close();
    }
  });
}
