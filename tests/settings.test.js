/** Recipes and ranges of settings. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkRecipe, ConfigError, loadEngine, NETWORK_FIELDS } from '../web/lib/index.js';

test('recipes are validated with the path of what is wrong', () => {
  const good = { name: 'x', data: 'mnist', network: { hidden: 5 }, training: { epochs: 2 }, seed: 3 };
  assert.equal(checkRecipe(good).training.batch, 50);
  assert.throws(
    () => checkRecipe({ ...good, network: { hidden: 0 } }),
    /network\.hidden must be a whole number from 1 to 1024; found 0/,
  );
  assert.throws(
    () => checkRecipe({ ...good, training: { loss: 'mse' } }),
    /training\.loss must be one of cross-entropy, double-softmax; found "mse"/,
  );
  assert.throws(() => checkRecipe({ ...good, training: { seed: 1 } }), /training\.seed must be left out/);
  assert.throws(
    () => checkRecipe({ ...good, data: 'cifar' }),
    /data must be one of mnist, fashion-mnist; found "cifar"/,
  );
  assert.equal(checkRecipe({ ...good, data: 'fashion-mnist' }).data, 'fashion-mnist');
  assert.throws(
    () => checkRecipe({ ...good, data: 'fashion-mnist', drawn: 0.1 }),
    /drawn must be 0 with the data fashion-mnist: our own pen draws digits; found 0\.1/,
  );
  assert.throws(() => checkRecipe({ ...good, name: 'a b' }), /name must be a word/);
  assert.throws(() => checkRecipe({ ...good, optimiser: 'sgd' }), /optimiser must be left out/);
  assert.equal(checkRecipe(good).calibrated, false);
  assert.throws(
    () => checkRecipe({ ...good, calibrated: 'yes' }),
    /calibrated must be true or false; found "yes"/,
  );
  assert.throws(
    () => checkRecipe({ ...good, scribbles: 2 }),
    /scribbles must be a number from 0 to 1; found 2/,
  );
  assert.throws(() => checkRecipe([]), ConfigError);
});

test('the fields that a page shows are those that the library checks', async () => {
  const engine = await loadEngine();
  for (const [name, field] of Object.entries(NETWORK_FIELDS)) {
    if (field.kind === 'choice') continue;
    const { min = 0, max = 0 } = field;
    assert.throws(() => engine.createNetwork({ [name]: max + 1 }), ConfigError, name);
    assert.throws(() => engine.createNetwork({ [name]: min - 1 }), ConfigError, name);
  }
});
