/**
 * The panel Look inside: what the network does with the drawing, row by row. The panel carries data-cell,
 * data-steps, data-units, data-layer, data-unit and data-row (the last three from 1); exact values are in
 * its tables, see look-table.js.
 */

import { h, setText } from './dom.js';
import { inLanguage, number, t, translate } from './language.js';
import { Lines } from './lines.js';
import { LookAnswers } from './look-answers.js';
import { LookMap, rowMark } from './look-map.js';
import { LookTables } from './look-table.js';
import { rowAxis, ROWS, rowsLine, TurnedDigit } from './rows.js';
import { whileShown } from './shown.js';

/** @typedef {import('../protocol.js').Answer} Answer */
/** @typedef {import('../protocol.js').Trace} Trace */

/** States first, as they are what the network remembers; then what writes to them. */
const ORDER = ['cell', 'hidden', 'forget', 'input', 'output', 'reset', 'update', 'candidate'];
const PLAY_MS = 140;

const still = matchMedia('(prefers-reduced-motion: reduce)');

class LookInside {
  #root;
  #digit = new TurnedDigit();
  #answers = new LookAnswers((row) => this.#choose({ row }));
  /** @type {Map<string, LookMap>} */
  #maps = new Map();
  #mapPlace = h('div', { class: 'look-maps' });
  #lines = new Lines({ labelsAt: 'last', over: [rowMark()] });
  #lineTitle = h('h3');
  #tables = new LookTables();
  #row = h('input', { type: 'range', id: 'look-row', class: 'row-slider', min: 1, max: ROWS, value: ROWS });
  #rowText = h('output', { for: 'look-row' });
  #unit = h('input', { type: 'range', id: 'look-unit', min: 1, max: 1, value: 1 });
  #unitText = h('output', { for: 'look-unit' });
  #layer = h('select', { id: 'look-layer' });
  #order = h(
    'select',
    { id: 'look-order' },
    h('option', { value: 'number', 'data-t': 'look.order-number' }),
    h('option', { value: 'state', 'data-t': 'look.order-state' }),
  );
  #play = h('button', { type: 'button', id: 'look-play', onclick: () => this.#playOrStop() });
  #empty = h('p', { class: 'look-empty', role: 'status' });
  #oneStep = h('p', { class: 'note', 'data-t': 'look.one-step' });
  #body = h('div', { class: 'look-body', hidden: true });
  /** @type {Answer | null} */
  #answer = null;
  #chosen = { row: ROWS - 1, unit: 0, layer: 0 };
  #frame = 0;
  /** Of the playing; 0: it doesn't. */
  #timer = 0;

  /** @param {HTMLElement} root @param {import('../engine.js').Engine} engine */
  constructor(root, engine) {
    this.#root = root;
    root.classList.add('look');
    this.#build();
    this.#row.addEventListener('input', () => this.#choose({ row: Number(this.#row.value) - 1 }));
    this.#unit.addEventListener('input', () => this.#choose({ unit: Number(this.#unit.value) - 1 }));
    this.#layer.addEventListener('change', () => this.#choose({ layer: Number(this.#layer.value) }));
    this.#order.addEventListener('change', () => this.#render());
    still.addEventListener('change', () => this.#render());
    engine.on('answer', (answer) => this.#take(answer));
    whileShown(root, (shown) => {
      engine.trace(shown);
      if (!shown) this.#stop();
    });
    inLanguage(() => {
      translate(root);
      this.#render();
    });
  }

  #build() {
    const field = (/** @type {string} */ key, /** @type {HTMLElement} */ input, /** @type {Node[]} */ rest) =>
      h('div', { class: 'look-field' }, h('label', { for: input.id, 'data-t': key }), input, ...rest);
    const head = h(
      'div',
      { class: 'look-head' },
      rowsLine([h('span', { 'data-t': 'look.digit' })], [this.#digit.canvas, rowMark()], [this.#play]),
      rowsLine([h('label', { for: 'look-row', 'data-t': 'look.row' })], [this.#row], [this.#rowText]),
      rowAxis(),
    );
    const chart = h(
      'figure',
      { class: 'look-map look-unit' },
      h('figcaption', {}, this.#lineTitle, h('p', { class: 'note', 'data-t': 'look.unit-note' })),
      h('div', {}, this.#lines.root, rowAxis('look.row')),
    );
    this.#body.append(
      this.#oneStep,
      h(
        'div',
        { class: 'look-fields' },
        field('look.unit', this.#unit, [this.#unitText]),
        field('look.order', this.#order, []),
        field('look.layer', this.#layer, []),
      ),
      head,
      this.#answers.root,
      this.#mapPlace,
      chart,
      this.#tables.root,
    );
    this.#root.append(
      h('h2', { 'data-t': 'look.heading' }),
      h('p', { class: 'note look-intro', 'data-t': 'look.intro' }),
      this.#empty,
      this.#body,
    );
  }

  get #trace() {
    return this.#answer?.trace ?? null;
  }

  /** @param {Answer} answer */
  #take(answer) {
    if (this.#root.hidden) return;
    this.#answer = answer;
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#render());
  }

  /** @param {Partial<{row: number, unit: number, layer: number}>} chosen */
  #choose(chosen) {
    this.#stop();
    Object.assign(this.#chosen, chosen);
    this.#render();
  }

  #render() {
    this.#frame = 0;
    const trace = this.#trace;
    this.#body.hidden = !trace;
    this.#empty.hidden = trace !== null;
    if (trace && this.#answer) {
      this.#fit(trace);
      this.#digit.show(this.#answer.pixels);
      this.#digit.canvas.setAttribute('aria-label', t('look.digit-map'));
      this.#answers.show(trace);
      this.#renderMaps(trace);
      this.#renderChosen(trace);
    }
    setText(this.#empty, t(this.#answer && !this.#answer.blank ? 'answer.no-network' : 'look.empty'));
  }

  /** What is chosen must be there in this network. @param {Trace} trace */
  #fit({ cell, steps, hidden, layers }) {
    const chosen = this.#chosen;
    chosen.layer = Math.min(chosen.layer, layers.length - 1);
    chosen.unit = Math.min(chosen.unit, hidden - 1);
    chosen.row = Math.min(chosen.row, ROWS - 1);
    if (this.#layer.options.length !== layers.length || this.#layer.lang !== document.documentElement.lang) {
      this.#layer.lang = document.documentElement.lang;
      const options = layers.map((_, i) =>
        h('option', { value: i }, t('look.layer-n', { n: number(i + 1) })),
      );
      this.#layer.replaceChildren(...options);
    }
    this.#layer.value = String(chosen.layer);
    /** @type {HTMLElement} */ (this.#layer.parentElement).hidden = layers.length === 1;
    this.#unit.max = String(hidden);
    this.#oneStep.hidden = steps > 1;
    this.#play.hidden = steps === 1 || still.matches;
    this.#root.classList.toggle('single-step', steps === 1);
    Object.assign(this.#root.dataset, { cell, steps, units: hidden });
  }

  /** @param {Trace} trace */
  #renderMaps(trace) {
    const signals = trace.layers[this.#chosen.layer];
    const names = ORDER.filter((name) => signals[name]);
    if (names.join() !== [...this.#maps.keys()].join()) {
      this.#maps = new Map(
        names.map((name) => [name, new LookMap(name, (row, unit) => this.#choose({ row, unit }))]),
      );
      this.#mapPlace.replaceChildren(...[...this.#maps.values()].map((map) => map.root));
      translate(this.#mapPlace);
    }
    const order = this.#unitOrder(trace, signals.cell ?? signals.hidden);
    for (const [name, map] of this.#maps) map.show(signals[name], order);
  }

  /** The units from top to bottom: as numbered, or by their state at the end. @param {Trace} trace @param {Float32Array} state */
  #unitOrder({ steps, hidden }, state) {
    const units = Array.from({ length: hidden }, (_, unit) => unit);
    if (this.#order.value === 'number') return units;
    const last = state.subarray((steps - 1) * hidden);
    return units.sort((a, b) => last[b] - last[a]);
  }

  /** @param {Trace} trace */
  #renderChosen(trace) {
    const { layer, unit } = this.#chosen;
    const row = trace.steps === 1 ? 0 : this.#chosen.row;
    const shown = { row: number(row + 1), rows: number(trace.steps), unit: number(unit + 1) };
    Object.assign(this.#root.dataset, { row: row + 1, unit: unit + 1, layer: layer + 1 });
    this.#body.style.setProperty('--row', String(row));
    this.#body.classList.toggle('playing', this.#timer !== 0);
    for (const map of this.#maps.values()) map.mark(row, unit);
    const answer = this.#answers.mark(row);
    this.#row.value = String(row + 1);
    this.#row.setAttribute('aria-valuetext', `${t('look.row-of', shown)}, ${answer}`);
    setText(this.#rowText, t('look.row-of', shown));
    this.#unit.value = String(unit + 1);
    setText(this.#unitText, t('look.unit-of', { unit: shown.unit, units: number(trace.hidden) }));
    setText(this.#play, t(this.#timer === 0 ? 'look.play' : 'look.stop'));
    setText(this.#lineTitle, t('look.unit-title', shown));
    this.#renderLines(trace);
    this.#tables.show(trace, layer, unit);
  }

  /** @param {Trace} trace */
  #renderLines({ steps, hidden, layers }) {
    const { layer, unit } = this.#chosen;
    const lines = [...this.#maps.keys()].map((id) => ({
      id,
      label: t(`signal.${id}-short`),
      values: Array.from({ length: steps }, (_, step) => layers[layer][id][step * hidden + unit]),
    }));
    const all = lines.flatMap(({ values }) => values).filter(Number.isFinite);
    const [from, to] = [Math.floor(Math.min(-1, ...all)), Math.ceil(Math.max(1, ...all))];
    const step = Math.ceil((to - from) / 6);
    const ticks = [];
    for (let value = Math.ceil(from / step) * step; value <= to; value += step) {
      ticks.push({ value, text: number(value) });
    }
    this.#lines.show(lines, { from, to, ticks }, t('look.unit-title', { unit: number(unit + 1) }));
  }

  #playOrStop() {
    if (this.#timer !== 0) {
      this.#stop();
      this.#render();
      return;
    }
    this.#chosen.row = 0;
    this.#timer = window.setInterval(() => {
      if (this.#chosen.row >= ROWS - 1) this.#stop();
      else this.#chosen.row++;
      if (this.#trace) this.#renderChosen(this.#trace);
    }, PLAY_MS);
    this.#render();
  }

  #stop() {
    clearInterval(this.#timer);
    this.#timer = 0;
  }
}

/**
 * @param {HTMLElement} root
 * @param {import('../engine.js').Engine} engine
 */
export function createLookInside(root, engine) {
  new LookInside(root, engine);
}
