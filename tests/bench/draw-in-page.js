/**
 * How the page reads drawings: `make bench-drawings DRAWINGS=file.jsonl OPTIONS="--limit 100"`. Each is drawn on the
 * page's canvas by pointer events and answered by the page, which pen, preprocessing, worker and network stand
 * behind. The file: see drawings.js, which reads without a page. The page's pen has one width, and what is read is
 * drawn anew along its line: thick and thin pens are all the same to it.
 *
 *   --network NAME  one of the page's list, or a file (default: the one that the page opens with)
 *   --size, --x, --y, --stretch, --slant, --every, --pixels   see drawing-forms.js
 *   --forms         all of drawing-forms.js, one after the other
 *   --input mouse   or touch: the browser's own events, slower (default: script, events made in the page)
 *   --limit N       only the first N drawings
 */

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { createWorld, DESKTOP, draw, openTab, press, untilAnswered, withPage } from '../browser/browser.js';
import { FORMS, onCanvas } from './drawing-forms.js';
import { printPerDigit, readDrawings } from './drawings.js';
import { commit, ROOT } from './report.js';

/** @typedef {import('../browser/browser.js').Page} Page */
/** @typedef {import('./drawing-forms.js').Form} Form */
/** @typedef {import('./drawing-forms.js').Point} Point */
/** @typedef {{digit: number, probability: number, sure: boolean}} Answer */

const RESULT = 'build/bench-drawings.json';
const INPUTS = ['script', 'mouse', 'touch'];
const NUMBERS = /** @type {const} */ (['size', 'x', 'y', 'stretch', 'slant', 'every', 'pixels']);

/** Runs in the page: draws by events made here, or only waits; then tells the answer. @param {Point[][]} strokes */
async function drawAndRead(strokes) {
  const canvas = /** @type {HTMLElement} */ (document.querySelector('#drawing'));
  const frame = canvas.getBoundingClientRect();
  /** @param {string} type @param {Point} point @param {PointerEventInit} [more] */
  const eventAt = (type, [x, y], more) =>
    new PointerEvent(type, {
      pointerId: 7,
      pointerType: 'pen',
      isPrimary: true,
      bubbles: true,
      cancelable: true,
      buttons: type === 'pointerup' ? 0 : 1,
      clientX: frame.left + x * frame.width,
      clientY: frame.top + y * frame.height,
      ...more,
    });
  for (const stroke of strokes) {
    canvas.dispatchEvent(eventAt('pointerdown', stroke[0]));
    // A browser tells of a frame's points together.
    for (let i = 1; i < stroke.length; i += 4) {
      const points = stroke.slice(i, i + 4);
      const coalescedEvents = points.map((point) => eventAt('pointermove', point));
      canvas.dispatchEvent(eventAt('pointermove', points[points.length - 1], { coalescedEvents }));
    }
    canvas.dispatchEvent(eventAt('pointerup', stroke[stroke.length - 1]));
  }
  await /** @type {any} */ (window).untilRead();
  const answer = /** @type {HTMLElement} */ (document.querySelector('#answer'));
  const digit = answer.dataset.digit ?? '';
  const bar = document.querySelector(`.bar[data-digit="${digit}"]`);
  return {
    digit: digit === '' ? -1 : Number(digit),
    probability: Number(bar?.getAttribute('data-probability') ?? 0),
    sure: answer.dataset.kind === 'answer',
  };
}

/** @param {Page} page @param {string} network of the page's list, or a file */
async function openNetwork(page, network) {
  await openTab(page, 'model');
  const isListed = await page.evaluate((wanted) => {
    const names = [...document.querySelectorAll('.models .model-name')];
    const entry = names.find(({ textContent }) => textContent === wanted)?.closest('li');
    entry?.querySelector('button')?.click(); // none where it is in use already
    return entry !== undefined;
  }, network);
  if (!isListed) {
    if (!existsSync(network)) throw new Error(`--network ${network}: neither in the page's list nor a file`);
    const [chooser] = await Promise.all([page.waitForFileChooser(), press(page, '#model-load')]);
    await chooser.accept([network]);
  }
  await page.waitForFunction(
    (name) => document.querySelector('#model-name')?.textContent === name,
    {},
    basename(network),
  );
  await page.evaluate(() => window.scrollTo(0, 0));
}

/**
 * @param {Page} page
 * @param {readonly import('./drawings.js').Drawing[]} drawings
 * @param {Form} form
 * @param {string} input
 */
async function readAll(page, drawings, form, input) {
  /** @type {Answer[]} */
  const answers = [];
  for (const { strokes } of drawings) {
    const placed = onCanvas(strokes, form);
    await page.$eval('#clear', (button) => /** @type {HTMLElement} */ (button).click());
    if (input !== 'script') await draw(page, placed, { by: input === 'touch' ? 'touch' : 'mouse' });
    answers.push(await page.evaluate(drawAndRead, input === 'script' ? placed : []));
  }
  return answers;
}

/** @param {readonly number[]} labels @param {readonly Answer[]} answers */
function summary(labels, answers) {
  const confusion = Array.from({ length: 10 }, () => Array(10).fill(0));
  answers.forEach(({ digit }, i) => digit >= 0 && confusion[labels[i]][digit]++);
  const share = (/** @type {(answer: Answer, i: number) => boolean} */ of) =>
    answers.filter(of).length / answers.length;
  return {
    accuracy: share(({ digit }, i) => digit === labels[i]),
    unsure: share(({ sure }) => !sure),
    sureAndWrong: share(({ digit, sure }, i) => sure && digit !== labels[i]),
    confusion,
    answers: answers.map(({ digit, probability, sure }, i) => [labels[i], digit, probability, sure]),
  };
}

function options() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      network: { type: 'string' },
      input: { type: 'string', default: 'script' },
      limit: { type: 'string', default: 'Infinity' },
      forms: { type: 'boolean', default: false },
      size: { type: 'string' },
      x: { type: 'string' },
      y: { type: 'string' },
      stretch: { type: 'string' },
      slant: { type: 'string' },
      every: { type: 'string' },
      pixels: { type: 'string' },
    },
  });
  if (positionals.length !== 1)
    throw new Error('Which drawings? make bench-drawings DRAWINGS=file.jsonl (see tests/bench/drawings.js)');
  if (!INPUTS.includes(values.input))
    throw new Error(`--input ${values.input}: expected ${INPUTS.join(', ')}`);
  const number = (/** @type {string} */ name, /** @type {string} */ value) => {
    if (value.trim() === '' || Number.isNaN(Number(value)))
      throw new Error(`--${name} ${value}: expected a number`);
    return Number(value);
  };
  const form = /** @type {Form} */ (
    Object.fromEntries(NUMBERS.flatMap((name) => (values[name] ? [[name, number(name, values[name])]] : [])))
  );
  const forms = values.forms ? FORMS : { [Object.keys(form).length > 0 ? 'as asked' : 'plain']: form };
  return { ...values, path: positionals[0], limit: number('limit', values.limit), forms };
}

async function main() {
  const { path, network, input, limit, forms } = options();
  const drawings = (await readDrawings(path)).slice(0, limit);
  const labels = drawings.map(({ label }) => label);
  const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(2)} %`;
  const world = await createWorld('chromium');
  try {
    await withPage(
      world,
      DESKTOP,
      async (page) => {
        await untilAnswered(page);
        if (network) await openNetwork(page, network);
        const name = await page.$eval('#model-name', ({ textContent }) => textContent);
        const results = [];
        for (const [title, form] of Object.entries(forms)) {
          const start = performance.now();
          const result = summary(labels, await readAll(page, drawings, form, input));
          results.push({ form: title, ...form, ...result });
          const seconds = ((performance.now() - start) / 1000).toFixed(0);
          console.log(
            `${name}, ${title}: ${percent(result.accuracy)} of ${labels.length} right, ${percent(result.unsure)} not sure, ` +
              `${percent(result.sureAndWrong)} sure and wrong (${seconds} s)`,
          );
          if (!(Object.keys(forms).length > 1))
            printPerDigit(
              labels,
              result.answers.map(([, digit]) => Number(digit)),
            );
        }
        mkdirSync(`${ROOT}build`, { recursive: true });
        const all = { network: name, drawings: basename(path), input, commit: commit(), results };
        writeFileSync(`${ROOT}${RESULT}`, `${JSON.stringify(all)}\n`);
        console.log(`\nconfusion and every answer: ${RESULT}`);
      },
      { touch: input === 'touch' },
    );
  } finally {
    await world.close();
  }
}

await main().catch((error) => {
  console.error(`draw-in-page: ${error.message}`);
  process.exitCode = 1;
});
