/** The curves of loss and accuracy, with a read-out under the pointer. */

import uPlot from '../build/vendor/uPlot.esm.js';
import { h } from './dom.js';
import { inLanguage, number, percent, t, translate } from './language.js';
import { colour, onTheme } from './theme.js';

const HEIGHT = 200;
/** Curves are drawn anew so often at most. */
const REDRAW_MS = 200;

/**
 * @typedef {object} Series
 * @property {string} key of its name
 * @property {string} colour a CSS variable
 * @property {boolean} [dots] few values, far apart
 */

/**
 * @typedef {object} ChartOptions
 * @property {string} title a key
 * @property {Series[]} series
 * @property {() => (number | null)[][]} data x, then the series
 * @property {(value: number) => string} format
 * @property {(value: number) => string} axisFormat
 * @property {(latest: string[]) => string} label for those who don't see it
 * @property {[number, number]} [range] of y
 * @property {HTMLElement} [control] beside the title
 */

/** A curve or two over the iterations. */
export class Chart {
  #options;
  #place = h('div', { class: 'chart-place', role: 'img' });
  #readout = h('p', { class: 'chart-readout' });
  #empty = h('p', { class: 'chart-empty', 'data-t': 'chart.empty' });
  /** @type {uPlot | null} */
  #plot = null;
  #logarithmic = false;
  #timer = 0;

  /** @param {ChartOptions} options */
  constructor(options) {
    this.#options = options;
    const head = h('div', { class: 'chart-head' }, h('h3', { 'data-t': options.title }));
    if (options.control) head.append(options.control);
    this.root = h('div', { class: 'chart' }, head, this.#readout, this.#place);
    this.#place.append(this.#empty);
    new ResizeObserver(() => this.#fit()).observe(this.#place);
    onTheme(() => this.#rebuild());
    inLanguage(() => {
      translate(this.root);
      this.#rebuild();
    });
  }

  /** @param {boolean} logarithmic */
  setLogarithmic(logarithmic) {
    this.#logarithmic = logarithmic;
    this.#rebuild();
  }

  /** New values: drawn soon, together with those that come until then. */
  update() {
    if (this.#timer !== 0) return;
    this.#timer = window.setTimeout(() => {
      this.#timer = 0;
      this.#draw();
    }, REDRAW_MS);
  }

  #draw() {
    const data = this.#options.data();
    const has = data[0].length > 0;
    this.#empty.hidden = has;
    if (!has) {
      this.#plot?.destroy();
      this.#plot = null;
    } else if (this.#plot) {
      this.#plot.setData(/** @type {any} */ (data));
    } else {
      this.#build(data);
    }
    this.#tell(null);
  }

  #rebuild() {
    this.#plot?.destroy();
    this.#plot = null;
    this.#draw();
  }

  #fit() {
    const width = this.#place.clientWidth;
    if (width === 0) return; // in a hidden panel
    if (this.#plot) this.#plot.setSize({ width, height: HEIGHT });
    else this.#draw();
  }

  /** @param {(number | null)[][]} data */
  #build(data) {
    const width = this.#place.clientWidth;
    if (width === 0) return;
    const { series, axisFormat, range } = this.#options;
    const axis = {
      stroke: colour('muted'),
      grid: { stroke: colour('grid'), width: 1 },
      ticks: { show: false },
      font: `13px ${getComputedStyle(document.body).fontFamily}`,
    };
    const short = (/** @type {number | null} */ value) => (value === null ? '' : axisFormat(value));
    /** @type {any} */
    const options = {
      width,
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 8 } },
      scales: { x: { time: false }, y: range ? { range } : { distr: this.#logarithmic ? 3 : 1 } },
      axes: [
        {
          ...axis,
          size: 32,
          values: (/** @type {uPlot} */ _, /** @type {number[]} */ all) => all.map((x) => number(x)),
        },
        {
          ...axis,
          size: 58,
          values: (/** @type {uPlot} */ _, /** @type {(number | null)[]} */ all) => all.map(short),
        },
      ],
      series: [
        {},
        ...series.map(({ colour: name, dots }) => ({
          stroke: colour(name),
          width: 2,
          spanGaps: true,
          points: { show: dots ?? false, size: 7, fill: colour(name) },
        })),
      ],
      hooks: { setCursor: [(/** @type {uPlot} */ plot) => this.#tell(plot.cursor.idx ?? null)] },
    };
    this.#plot = new uPlot(options, /** @type {any} */ (data), this.#place);
  }

  /** The values at an index, or the latest. @param {number | null} at */
  #tell(at) {
    const data = this.#options.data();
    const { series, format, label } = this.#options;
    const index = at ?? data[0].length - 1;
    const values = series.map((_, i) => {
      const known = data[i + 1].slice(0, index + 1).filter((value) => value !== null);
      return known.length > 0 ? format(/** @type {number} */ (known.at(-1))) : t('chart.none');
    });
    const iteration = data[0][index];
    this.#readout.replaceChildren();
    if (iteration !== undefined && iteration !== null) {
      this.#readout.append(h('span', {}, t('chart.at', { iteration: number(iteration) })));
      series.forEach(({ key, colour: name }, i) => {
        const dot = h('i', { class: `dot dot-${name}`, 'aria-hidden': 'true' });
        this.#readout.append(h('span', {}, dot, `${t(key)} ${values[i]}`));
      });
    }
    if (at === null) this.#place.setAttribute('aria-label', label(values));
  }
}

/** @param {import('./history.js').History} history */
export function createCharts(history) {
  const log = h('input', { type: 'checkbox', role: 'switch', id: 'loss-log' });
  const loss = new Chart({
    title: 'chart.loss-unit',
    series: [{ key: 'chart.loss', colour: 'series-1' }],
    data: () => history.lossData(),
    format: (value) => number(value, { minimumFractionDigits: 3, maximumFractionDigits: 3 }),
    axisFormat: (value) => number(value, { maximumSignificantDigits: 3 }),
    label: ([value]) => t('chart.loss-label', { value }),
    control: h('label', { class: 'switch' }, log, h('span', { 'data-t': 'chart.log' })),
  });
  log.addEventListener('change', () => loss.setLogarithmic(log.checked));
  const accuracy = new Chart({
    title: 'chart.accuracy',
    series: [
      { key: 'chart.train', colour: 'series-3' },
      { key: 'chart.test', colour: 'series-2', dots: true },
    ],
    data: () => history.accuracyData(),
    format: (value) => percent(value, 2),
    axisFormat: (value) => percent(value, 0),
    label: ([train, test]) => t('chart.accuracy-label', { train, test }),
    range: [0, 1],
  });
  return {
    root: h('div', { class: 'charts' }, loss.root, accuracy.root),
    update() {
      loss.update();
      accuracy.update();
    },
  };
}
