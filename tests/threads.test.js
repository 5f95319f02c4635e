/** Threads: the same bits for any number of them. A thread lost within a call: tests/native/threads.c. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as lib from '../web/lib/index.js';
import { trainingHash } from './support/bits.js';

test('200 steps give the same weights on 1, 2, 3 and 4 threads, and without SIMD', async () => {
  const expected = await trainingHash(lib, { variant: 'scalar', threads: 1 });
  assert.equal(expected.iteration, 200);
  for (const threads of [1, 2, 3, 4]) {
    const found = await trainingHash(lib, { variant: 'simd', threads });
    assert.deepEqual({ ...found, variant: 'scalar', threads: 1 }, expected, `${threads} threads`);
    assert.equal(found.threads, threads);
  }
});

test('the scalar build has one thread', async () => {
  assert.equal((await lib.loadEngine({ variant: 'scalar', threads: 4 })).threads, 1);
});

test('a worker that is ended while it waits is not missed: the same weights', async () => {
  /** @type {import('node:worker_threads').Worker[]} */
  const workers = [];
  process.on('worker', (worker) => workers.push(worker));
  const expected = await trainingHash(lib, { variant: 'simd', threads: 2 });
  assert.equal(workers.length, 1);
  const found = await trainingHash(
    {
      ...lib,
      // The engine's worker dies after the engine was loaded and before it is used.
      loadEngine: async (options) => {
        const engine = await lib.loadEngine(options);
        await workers[1].terminate();
        // A pool waits for its threads when it ends; this one would wait for ever.
        engine.dispose = () => {};
        return engine;
      },
    },
    { variant: 'simd', threads: 2 },
  );
  assert.equal(workers.length, 2);
  assert.deepEqual(found, expected);
});
