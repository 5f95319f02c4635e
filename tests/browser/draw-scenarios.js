/** Opening and drawing: scenarios 1 to 4 of the page's acceptance. */

import assert from 'node:assert/strict';
import {
  boxOf,
  DESKTOP,
  digitStrokes,
  draw,
  press,
  readAnswer,
  settle,
  untilAnswered,
  withPage,
} from './browser.js';

/** @typedef {import('./browser.js').World} World */

/** Mean difference of two readings' pixels, 0..255: touches come in whole pixels of the screen. */
const SAME_READING = 10;

/** @param {number[]} a @param {number[]} b */
const difference = (a, b) => a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;

/** @param {World} world */
export async function opensCold(world) {
  /** @type {string[]} */
  const addresses = [];
  await withPage(
    world,
    DESKTOP,
    async (page) => {
      page.on('request', (request) => addresses.push(request.url()));
      await page.evaluateOnNewDocument(() => {
        const times = /** @type {any} */ (window);
        document.addEventListener('DOMContentLoaded', () => {
          const answer = /** @type {HTMLElement} */ (document.querySelector('#answer'));
          new MutationObserver(() => {
            if (answer.dataset.digit) times.firstAnswer ??= performance.now();
          }).observe(answer, { attributes: true });
        });
      });
      await page.goto(world.url);
      await untilAnswered(page);
      const first = await page.evaluate(() => /** @type {any} */ (window).firstAnswer);
      assert.ok(first < 5000, `the example was classified after ${Math.round(first)} ms; at most 5 s`);
      await page.waitForFunction(
        () => document.querySelector('#answer')?.getAttribute('data-kind') === 'answer',
      );
      assert.match(await page.$eval('#drawing-hint', (hint) => hint.textContent ?? ''), /^Example\./);
      await page.waitForFunction(() => document.querySelector('#answer-text')?.textContent === 'I read a 3');
      const foreign = addresses.filter(
        (address) => !address.startsWith(world.url) && !/^(data|blob):/.test(address),
      );
      assert.deepEqual(foreign, [], 'requests to other sites');
      assert.ok(addresses.length > 10, `only ${addresses.length} requests were seen: the test sees nothing`);
      assert.equal(
        await page.evaluate(tryForeignRequest),
        'connect-src',
        'the policy does not block other sites',
      );
    },
    { url: 'about:blank', expected: /https:\/\/example\.com\// },
  );
}

/** Runs in the page: what the policy says to a request to another site. */
function tryForeignRequest() {
  return new Promise((resolve) => {
    document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective));
    fetch('https://example.com/').then(
      () => resolve('allowed'),
      () => setTimeout(() => resolve('failed, not by the policy'), 1000),
    );
  });
}

/** @param {World} world */
export async function drawsByMouse(world) {
  await withPage(world, DESKTOP, async (page) => {
    await untilAnswered(page);
    await press(page, '#clear');
    await page.waitForFunction(() => document.querySelector('#answer')?.getAttribute('data-digit') === '');
    await draw(page, digitStrokes(7), {
      beforeEnd: async () => {
        await page.waitForFunction(
          () => document.querySelector('#answer')?.getAttribute('data-digit') === '7',
        );
      },
    });
    await settle(page);
    const { digit, probabilities, shown, text } = await readAnswer(page);
    assert.equal(digit, '7');
    assert.equal(text, 'I read a 7');
    const sum = probabilities.reduce((total, p) => total + Number(p), 0);
    assert.ok(Math.abs(sum - 1) < 1e-5, `probabilities sum to ${sum}`);
    const percents = shown.reduce((total, value) => total + Number(value.replace('%', '')), 0);
    assert.equal(percents.toFixed(1), '100.0', `the shown percentages sum to ${percents}`);
  });
}

/** @param {World} world */
export async function drawsTinyInCorners(world) {
  // Not so high that all fits: the page could scroll.
  await withPage(
    world,
    { width: 360, height: 420 },
    async (page) => {
      await untilAnswered(page);
      const room = await page.evaluate(() => document.documentElement.scrollHeight - window.innerHeight);
      assert.ok(room > 50, 'the page has nothing to scroll: the test shows nothing');
      for (const wanted of [5, 2]) {
        await press(page, '#clear');
        await page.evaluate(() => window.scrollTo(0, 0));
        await draw(page, digitStrokes(wanted), { by: 'touch' });
        await settle(page);
        const central = await readAnswer(page);
        assert.equal(central.digit, String(wanted), 'drawn centrally');
        for (const [x, y] of [
          [0.12, 0.15],
          [0.88, 0.15],
          [0.12, 0.85],
          [0.88, 0.85],
        ]) {
          await press(page, '#clear');
          await page.evaluate(() => window.scrollTo(0, 0));
          await draw(page, digitStrokes(wanted, { x, y, size: 0.4 }), { by: 'touch' });
          await settle(page);
          const corner = await readAnswer(page);
          assert.equal(await page.evaluate(() => window.scrollY), 0, 'the page scrolled under the finger');
          assert.equal(corner.digit, central.digit, `a ${wanted} drawn tiny at ${x}, ${y}`);
          const mean = difference(corner.pixels, central.pixels);
          assert.ok(
            mean < SAME_READING,
            `the reading of a ${wanted} at ${x}, ${y} differs by ${mean} of 255`,
          );
        }
      }
    },
    { touch: true },
  );
}

/** @param {World} world */
export async function undoesErasesClears(world) {
  await withPage(world, DESKTOP, async (page) => {
    await untilAnswered(page);
    await press(page, '#clear');
    await settle(page);
    const blank = await readAnswer(page);
    await draw(page, [digitStrokes(4)[0]]);
    await settle(page);
    const first = await readAnswer(page);
    await draw(page, [digitStrokes(4)[1]]);
    await settle(page);
    const both = await readAnswer(page);
    assert.ok(difference(first.pixels, both.pixels) > 5, 'the second stroke is not read');
    assert.equal(both.digit, '4');
    await press(page, '#undo');
    await settle(page);
    assert.deepEqual(await readAnswer(page), first, 'undo did not take the last stroke back');

    await press(page, '#eraser');
    const middle = Array.from(
      { length: 30 },
      (_, i) => /** @type {[number, number]} */ ([0.2 + 0.02 * i, 0.36]),
    );
    await draw(page, [middle]);
    await settle(page);
    const erased = await readAnswer(page);
    assert.ok(difference(first.pixels, erased.pixels) > 2, 'the eraser took nothing away');
    await page.keyboard.down('Control');
    await page.keyboard.press('z');
    await page.keyboard.up('Control');
    await settle(page);
    assert.deepEqual(await readAnswer(page), first, 'Ctrl+Z did not bring back what was erased');

    await press(page, '#clear');
    await settle(page);
    const cleared = await readAnswer(page);
    assert.deepEqual(cleared, blank);
    assert.equal(cleared.digit, '');
    assert.equal(cleared.text, 'Draw a digit from 0 to 9.');
    assert.ok(
      cleared.pixels.every((ink) => ink === 0),
      'ink is left after clear',
    );
    await press(page, '#undo');
    await settle(page);
    assert.deepEqual(await readAnswer(page), first, 'undo did not bring back what was cleared');
  });
}

/** A touch takes over from the example at once, and "Centre like MNIST" does what it says. @param {World} world */
export async function takesOver(world) {
  await withPage(world, DESKTOP, async (page) => {
    await page.waitForFunction(() =>
      document.querySelector('#drawing-hint')?.textContent?.startsWith('Example'),
    );
    await draw(page, digitStrokes(1, { x: 0.2, y: 0.3, size: 0.5 }));
    await settle(page);
    const centred = await readAnswer(page);
    assert.equal(centred.digit, '1', 'the example is still there, or goes on');
    assert.equal(await page.$eval('#drawing-hint', (hint) => hint.textContent), '');
    await press(page, '#centre');
    await settle(page);
    const raw = await readAnswer(page);
    const left = raw.pixels.filter((_, i) => i % 28 < 14).reduce((a, b) => a + b, 0);
    assert.equal(
      left,
      raw.pixels.reduce((a, b) => a + b, 0),
      'without centring the ink stays where it is drawn',
    );
    const { width, height } = await boxOf(page, '#drawing');
    assert.equal(Math.round(width), Math.round(height), 'the canvas is no square');
  });
}
