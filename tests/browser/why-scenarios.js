/** Why LSTM?: what is plotted, against the library in Node and against finite differences. */

import assert from 'node:assert/strict';
import {
  DESKTOP,
  digitStrokes,
  draw,
  openTab,
  PATIENCE,
  press,
  readAnswer,
  settle,
  untilAnswered,
  untilIteration,
  untilTraining,
  withPage,
} from './browser.js';
import { nodeEngine, openPretrained, readPixels } from './look-scenarios.js';
import { forward, loss } from '../support/reference.js';

/** @typedef {import('./browser.js').World} World */
/** @typedef {import('puppeteer-core').Page} Page */
/** @typedef {import('../../web/lib/index.js').Network} Network */

const NAMES = ['feedforward', 'rnn-tanh', 'rnn-linear', 'lstm', 'lstm-peephole'];
const RECURRENT = NAMES.slice(1);
const LABEL = 8;
const ROWS = 28;

/**
 * Until what is shown belongs to the settings: a comparison is under way for a moment after each change.
 * @template T
 * @param {() => Promise<T>} read
 * @param {(value: T) => boolean} isRight
 * @param {string} what
 */
async function until(read, isRight, what) {
  /** @type {T | undefined} */
  let value;
  for (const end = Date.now() + PATIENCE; Date.now() < end;) {
    value = await read();
    if (isRight(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return assert.fail(`${what}: ${JSON.stringify(value)}`);
}

/** What a card says. @param {Page} page @param {string} name */
async function card(page, name) {
  const { halfLife, headline } = await page.$eval(`.net-card[data-network="${name}"]`, (element) => ({
    halfLife: /** @type {HTMLElement} */ (element).dataset.halfLife,
    headline: element.querySelector('.half-life')?.textContent ?? '',
  }));
  return { halfLife: Number(halfLife || NaN), headline }; // here, as Infinity doesn't come across
}

/** The table's norms by "network quantity". @param {Page} page */
async function plotted(page) {
  const cells = await page.$$eval('#why-values td', (all) =>
    all.map((cell) => ({ .../** @type {HTMLElement} */ (cell).dataset })),
  );
  /** @type {Record<string, number[]>} */
  const norms = {};
  for (const { network, quantity, row, value } of cells) {
    (norms[`${network} ${quantity}`] ??= [])[Number(row) - 1] = Number(value);
  }
  return norms;
}

/** @param {Page} page @param {string} id @param {number} value */
function slide(page, id, value) {
  return page.$eval(
    `#${id}`,
    (slider, wanted) => {
      /** @type {HTMLInputElement} */ (slider).value = String(wanted);
      slider.dispatchEvent(new Event('input', { bubbles: true }));
    },
    value,
  );
}

/** @param {number} found @param {number} expected @param {number} tolerance */
const isNear = (found, expected, tolerance) =>
  found === expected ||
  (Number.isFinite(expected) && Math.abs(found - expected) <= tolerance * Math.abs(expected));

/** @param {Record<string, number[]>} norms @param {string} name @param {Network} network @param {Uint8Array} pixels */
function isTheLibrarys(norms, name, network, pixels) {
  const { input, layers } = network.gradientFlow(pixels, [LABEL]);
  const { hidden, cell } = layers[0];
  const own = Object.entries(name === 'feedforward' ? { input } : { hidden, ...(cell ? { cell } : {}) });
  return own.every(([quantity, values]) => {
    const shown = norms[`${name} ${quantity}`];
    const greatest = Math.max(...values);
    return (
      shown?.length === ROWS &&
      Array.from(values).every((value, t) => Math.abs(shown[t] - value) <= 1e-3 * greatest)
    );
  });
}

/** Draws a 3, opens the panel with its table, and asks for a label that every network finds wrong. @param {Page} page */
async function start(page) {
  await untilAnswered(page);
  await press(page, '#clear');
  await draw(page, digitStrokes(3));
  const pixels = await readPixels(page);
  await openTab(page, 'why-lstm');
  await page.waitForSelector('.net-card[data-network="lstm"][data-loss]');
  await press(page, '#why-lstm details summary');
  await page.select('#why-label', String(LABEL));
  return pixels;
}

/** A network as the page has it untrained. @param {string} name @param {{forgetBias?: number}} [settings] */
async function untrained(name, settings = {}) {
  const shipped = await openPretrained(({ recipe }) => recipe === name);
  const seed = Number(shipped.metadata.seed);
  const network = (await nodeEngine()).createNetwork({ ...shipped.config, ...settings, seed, batch: 1 });
  shipped.dispose();
  return network;
}

/** Scenario 11. @param {World} world */
export async function measuresGradients(world) {
  await withPage(world, DESKTOP, async (page) => {
    const pixels = await start(page);
    for (const stage of ['after', 'before']) {
      await press(page, `#why-${stage}`);
      for (const name of NAMES) {
        const network =
          stage === 'before' ? await untrained(name) : await openPretrained(({ recipe }) => recipe === name);
        await until(
          () => plotted(page),
          (norms) => isTheLibrarys(norms, name, network, pixels),
          `${stage} training, ${name}: the plotted gradients are not the library's`,
        );
        const { halfLife } = network.gradientFlow(pixels, [LABEL]).layers[0];
        const shown = await card(page, name);
        const expected = halfLife.cell ?? halfLife.hidden;
        if (expected === null) assert.equal(shown.headline, 'no rows to travel');
        else assert.ok(isNear(shown.halfLife, expected, 0.01), `${name}: ${shown.halfLife}, not ${expected}`);
        network.dispose();
      }
    }
    if (world.name === 'chromium') await matchDifferences(page, pixels);
    await lengthensByForgetBias(page, pixels);
    await explodesAndVanishes(page);
  });
}

/**
 * The plotted norms of the untrained networks in one row, against central differences of a plain pass in
 * double precision.
 * @param {Page} page
 * @param {Uint8Array} pixels
 */
async function matchDifferences(page, pixels) {
  const norms = await plotted(page);
  const rows = Array.from({ length: ROWS }, (_, t) =>
    Array.from(pixels.subarray(t * ROWS, (t + 1) * ROWS), (value) => value / 255),
  );
  const row = 19;
  for (const name of RECURRENT) {
    const network = await untrained(name);
    const tensors = network.tensors();
    const kind = name.startsWith('lstm') ? 'cell' : 'hidden';
    let squares = 0;
    for (let unit = 0; unit < network.config.hidden; unit++) {
      const [above, below] = [1e-5, -1e-5].map((step) => {
        const { logits } = forward(tensors, rows, network.config, (what, _layer, t, state) =>
          what === kind && t === row ? state.map((value, u) => (u === unit ? value + step : value)) : state,
        );
        return loss(logits, LABEL, 'cross-entropy');
      });
      squares += ((above - below) / 2e-5) ** 2;
    }
    const expected = Math.sqrt(squares);
    assert.ok(expected > 1e-6, `${name}: the differences are all but zero`);
    const found = norms[`${name} ${kind}`][row];
    assert.ok(isNear(found, expected, 1e-3), `${name}: ${found}; finite differences give ${expected}`);
    network.dispose();
  }
}

/** Before training, forget bias 0 -> 2 lengthens the half-life. @param {Page} page @param {Uint8Array} pixels */
async function lengthensByForgetBias(page, pixels) {
  /** @type {Record<string, number[]>} */
  const halfLives = { lstm: [], 'lstm-peephole': [] };
  for (const forgetBias of [0, 2]) {
    await slide(page, 'why-forget-bias', forgetBias);
    for (const [name, all] of Object.entries(halfLives)) {
      const network = await untrained(name, { forgetBias });
      const expected = network.gradientFlow(pixels, [LABEL]).layers[0].halfLife.cell ?? NaN;
      const { halfLife } = await until(
        () => card(page, name),
        (shown) => isNear(shown.halfLife, expected, 0.01),
        `${name}, forget bias ${forgetBias}: the half-life is not ${expected}`,
      );
      all.push(halfLife);
      network.dispose();
    }
  }
  for (const [name, [short, long]] of Object.entries(halfLives)) {
    assert.ok(long > short, `${name}: the half-life goes from ${short} to ${long}`);
  }
}

/** The recurrent weights' scale makes the gradient of y = x explode or vanish. @param {Page} page */
async function explodesAndVanishes(page) {
  const first = async () => {
    const values = (await plotted(page))['rnn-linear hidden'];
    return values[0] / values[ROWS - 1];
  };
  await slide(page, 'why-scale', 2);
  await until(first, (ratio) => ratio > 1e3, 'at twice the weights the gradient of y = x does not explode');
  await slide(page, 'why-scale', 0.5);
  await until(first, (ratio) => ratio < 1e-6, 'at half the weights the gradient of y = x does not vanish');
  assert.match((await card(page, 'rnn-linear')).headline, /^\d+\.\d rows$/);
  await press(page, '#why-reset');
  await until(first, (ratio) => ratio > 1e-3, 'reset does not bring the weights back');
}

/** @param {World} world */
export async function remembersADot(world) {
  await withPage(world, DESKTOP, async (page) => {
    const pixels = await start(page);
    // By keyboard: to row 5, column 20.
    await page.focus('#dot-row');
    await page.keyboard.press('Home');
    for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowRight');
    await page.focus('#dot-column');
    await page.keyboard.press('Home');
    for (let i = 0; i < 19; i++) await page.keyboard.press('ArrowRight');
    const [row, column] = [4, 19];
    assert.ok(pixels[row * ROWS + column] === 0, 'there is ink already');
    for (const name of NAMES) {
      const network = await openPretrained(({ recipe }) => recipe === name);
      const { layers } = network.sensitivity(pixels, row, column);
      for (const quantity of /** @type {const} */ (['hidden', 'cell'])) {
        const values = layers[0][quantity];
        if (!values) continue;
        const last = values.length - 1;
        const expected = { first: values[Math.min(row, last)], last: values[last] };
        const read = () =>
          page.$$eval(
            '#why-memory-values td[data-value]',
            (cells, wantedName, wantedQuantity) =>
              Object.fromEntries(
                cells
                  .map((cell) => /** @type {HTMLElement} */ (cell).dataset)
                  .filter(({ network: n, quantity: q }) => n === wantedName && q === wantedQuantity)
                  .map(({ at, value }) => [at, Number(value)]),
              ),
            name,
            quantity,
          );
        await until(
          read,
          (shown) =>
            isNear(shown.first, expected.first, 2e-3) &&
            isNear(shown.last, expected.last, 2e-3) &&
            isNear(shown.left, expected.last / expected.first, 4e-3),
          `${name}, ${quantity}: not ${JSON.stringify(expected)}`,
        );
      }
      network.dispose();
    }
  });
}

/** @param {Page} page @param {string} state */
const untilCompared = (page, state) =>
  page.waitForFunction(
    (wanted) => document.querySelector('.why-training')?.getAttribute('data-state') === wanted,
    { timeout: 0 },
    state,
  );

/** @param {World} world */
export async function trainsCompared(world) {
  await withPage(world, DESKTOP, async (page) => {
    await start(page);
    const before = (await readAnswer(page)).probabilities;
    await press(page, '#why-train');
    await untilCompared(page, 'running');
    await press(page, '#why-cancel');
    await untilCompared(page, 'idle');
    assert.equal(await page.$eval('#why-here', (radio) => radio.closest('label')?.hidden), true);
    await settle(page);
    assert.deepEqual(
      (await readAnswer(page)).probabilities,
      before,
      'the drawing is answered by another network',
    );

    await press(page, '#why-train');
    await untilCompared(page, 'running');
    // The other training goes first.
    await openTab(page, 'train');
    await press(page, '#train-start');
    await untilIteration(page, 1);
    await untilCompared(page, 'waiting');
    await press(page, '#train-stop');
    await untilTraining(page, 'idle');
    await openTab(page, 'why-lstm');
    await untilCompared(page, 'done');
    await page.waitForFunction(
      () => /** @type {HTMLElement} */ (document.querySelector('#why-lstm')).dataset.stage === 'here',
    );
    const accuracies = await page.$$eval('.why-training .net-facts li', (lines) =>
      lines.map(({ textContent }) => Number(/([\d.]+)% of the test/.exec(textContent ?? '')?.[1])),
    );
    assert.equal(accuracies.length, 5);
    for (const accuracy of accuracies) assert.ok(accuracy > 60, `accuracies of ${accuracies.join(', ')} %`);
  });
}
