/** The panel Train: settings, buttons, progress, curves and the log. */

import { createCharts } from './charts.js';
import { h, setText } from './dom.js';
import { History } from './history.js';
import { duration, inLanguage, number, percent, t, translate } from './language.js';
import { errorText, notice } from './notices.js';
import { DataChoice } from './train-data.js';
import { TrainForm } from './train-form.js';

/** @typedef {import('../protocol.js').TrainingStatus} TrainingStatus */

const STATISTICS = ['epoch', 'iteration', 'left', 'speed', 'loss', 'accuracy'];
const BUTTONS = ['start', 'pause', 'resume', 'stop', 'batch', 'over'];

/** Which buttons can be seen in which state; those in use only are listed. @type {Record<string, string[]>} */
const SHOWN = {
  idle: ['start', 'batch'],
  running: ['pause', 'stop', 'over'],
  paused: ['resume', 'stop', 'batch', 'over'],
  done: ['start', 'batch'],
  failed: ['start'],
};

class TrainPanel {
  #root;
  #engine;
  #form = new TrainForm();
  #data;
  #history = new History();
  #charts = createCharts(this.#history);
  /** @type {Record<string, HTMLButtonElement>} */
  #buttons = {};
  /** @type {Record<string, HTMLElement>} */
  #statistics = {};
  #bar = h('progress', { id: 'train-progress', max: 1, value: 0, 'data-t-label': 'train.progress' });
  #state = h('p', { class: 'train-state', role: 'status' });
  #failure = h('div', { class: 'failure', role: 'alert' });
  #log = h('ol', {
    class: 'log',
    id: 'train-log',
    translate: 'no',
    tabindex: 0,
    'data-t-label': 'log.heading',
  });
  #noLog = h('p', { class: 'note', 'data-t': 'log.empty' });
  /** @type {TrainingStatus | null} */
  #status = null;
  /** @type {number | null} */
  #accuracy = null;
  #wentBack = false;
  #frame = 0;

  /** @param {HTMLElement} root @param {import('../engine.js').Engine} engine */
  constructor(root, engine) {
    this.#root = root;
    this.#engine = engine;
    this.#data = new DataChoice(engine);
    this.#build();
    engine.on('training', (status) => this.#take(status));
    engine.on('epoch', (result) => {
      this.#history.addTest(result);
      this.#accuracy = result.accuracy;
      // The tutorial's own line, in every language.
      this.#log.append(h('li', {}, `Iter ${result.epoch}, Testing Accuracy= ${result.accuracy.toFixed(4)}`));
      this.#charts.update();
      this.#render();
      this.#log.scrollTop = this.#log.scrollHeight;
    });
    this.#form.load().catch((error) => notice(() => errorText(error), { kind: 'error' }));
    inLanguage(() => {
      translate(this.#root);
      this.#render();
    });
  }

  #build() {
    const setup = h(
      'div',
      { class: 'setup' },
      h('h2', { 'data-t': 'train.heading' }),
      h('p', { class: 'note', 'data-t': 'train.intro' }),
      this.#form.presets,
      this.#data.root,
      this.#form.settings,
    );
    const controls = h('div', { class: 'controls', role: 'group', 'data-t-label': 'train.controls' });
    for (const name of BUTTONS) controls.append(this.#button(name));
    const statistics = h('dl', { class: 'statistics' });
    for (const name of STATISTICS) {
      this.#statistics[name] = h('dd', { id: `stat-${name}` }, '–');
      statistics.append(h('div', {}, h('dt', { 'data-t': `stat.${name}` }), this.#statistics[name]));
    }
    const log = h('div', { class: 'log-box' }, h('h3', { 'data-t': 'log.heading' }), this.#log, this.#noLog);
    const run = h(
      'div',
      { class: 'run' },
      controls,
      this.#state,
      this.#failure,
      this.#bar,
      statistics,
      this.#charts.root,
      log,
    );
    this.#root.append(setup, run);
  }

  /** @param {string} name */
  #button(name) {
    /** @type {Record<string, () => unknown>} */
    const actions = {
      start: () => this.#start((settings) => this.#engine.train(settings)),
      over: () => this.#start((settings) => this.#engine.train(settings)),
      batch: () => this.#start((settings) => this.#engine.trainBatch(settings)),
      pause: () => this.#do(() => this.#engine.pause()),
      resume: () => this.#do(() => this.#engine.resume()),
      stop: () => this.#do(() => this.#engine.stop()),
    };
    const button = h('button', {
      type: 'button',
      id: `train-${name}`,
      class: ['start', 'resume'].includes(name) ? 'primary' : undefined,
      'data-t': `train.${name}`,
      'data-t-title': name === 'over' ? 'train.over-title' : undefined,
      onclick: actions[name],
    });
    this.#buttons[name] = button;
    return button;
  }

  /** @param {(settings: import('../protocol.js').TrainSettings) => Promise<void>} begin */
  #start(begin) {
    const settings = this.#form.read();
    if (settings) this.#do(() => begin({ ...settings, data: this.#data.source }));
  }

  /** @param {() => Promise<void>} action */
  async #do(action) {
    this.#wentBack = false;
    this.#showFailure(null);
    try {
      await action();
    } catch (error) {
      this.#showFailure(() => errorText(error));
    }
  }

  /** @param {TrainingStatus} status */
  #take(status) {
    const isNew = status.phase === 'loading' && this.#status?.phase !== 'loading';
    if (isNew) {
      this.#history.clear();
      this.#log.replaceChildren();
      this.#accuracy = null;
      this.#charts.update();
    }
    const failed = status.state === 'failed' && this.#status?.state !== 'failed';
    this.#status = status;
    if (this.#history.add(status)) this.#charts.update();
    if (failed) this.#tellFailure(status);
    // Scripts read these: they are set at once, all else before the next frame.
    this.#root.dataset.state = status.state;
    this.#root.dataset.epoch = String(status.epoch);
    this.#root.dataset.iteration = String(status.iteration);
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#render());
  }

  /** @param {TrainingStatus} status */
  #tellFailure({ error }) {
    if (!error) return;
    if (error.code !== 'diverged') {
      this.#showFailure(() => errorText(error));
      return;
    }
    const back = async () => {
      await this.#do(() => this.#engine.goBack());
      this.#wentBack = true;
      this.#render();
    };
    this.#showFailure(() => t('diverged.text', { batch: number(error.details.batch) }), back);
  }

  /** @param {(() => string) | null} words @param {() => void} [back] */
  #showFailure(words, back) {
    this.#failure.replaceChildren();
    if (!words) return;
    const text = h('p');
    this.#failure.append(text);
    if (back)
      this.#failure.append(
        h('button', { type: 'button', id: 'train-go-back', 'data-t': 'diverged.button', onclick: back }),
      );
    inLanguage(() => {
      text.textContent = words();
      translate(this.#failure);
    });
  }

  #stateText() {
    const { state = 'idle', phase = '', begun = false, reached = false } = this.#status ?? {};
    if (this.#wentBack) return t('diverged.back');
    if (state === 'running' && phase !== 'training') return t(`state.${phase || 'loading'}`);
    if (state === 'idle' && begun) return t('state.stopped');
    if (state === 'done' && reached) return t('state.reached');
    return t(`state.${state}`);
  }

  #render() {
    this.#frame = 0;
    const state = this.#status?.state ?? 'idle';
    this.#root.dataset.state = state;
    this.#root.dataset.epoch ??= '0';
    this.#root.dataset.iteration ??= '0';
    setText(this.#state, this.#stateText());
    this.#noLog.hidden = this.#log.hasChildNodes();
    this.#log.hidden = !this.#noLog.hidden;
    this.#renderButtons(SHOWN[state]);
    if (this.#status) this.#renderNumbers(this.#status);
  }

  /** @param {string[]} shown */
  #renderButtons(shown) {
    const hadFocus = Object.values(this.#buttons).some((button) => button === document.activeElement);
    for (const [name, button] of Object.entries(this.#buttons)) button.hidden = !shown.includes(name);
    // The button that was pressed is gone: the next one takes its place for the keyboard.
    if (hadFocus && !document.activeElement?.closest('.controls :not([hidden])'))
      this.#buttons[shown[0]].focus();
  }

  /** @param {TrainingStatus} status */
  #renderNumbers({ begun, epoch, epochs, batch, batchesPerEpoch, iteration, imagesPerSecond, secondsLeft }) {
    const total = epochs * batchesPerEpoch;
    this.#bar.value = total > 0 ? (epoch * batchesPerEpoch + batch) / total : 0;
    const current = Math.min(epoch + 1, epochs);
    const loss = this.#history.points.at(-1)?.loss;
    /** @type {Record<string, string>} */
    const texts = {
      epoch: begun ? t('stat.of', { n: number(current), total: number(epochs) }) : '–',
      iteration: begun ? number(iteration) : '–',
      left: Number.isFinite(secondsLeft) && begun ? duration(secondsLeft) : '–',
      speed: imagesPerSecond > 0 ? number(Math.round(imagesPerSecond)) : '–',
      loss: loss === undefined ? '–' : number(loss, { minimumFractionDigits: 3, maximumFractionDigits: 3 }),
      accuracy: this.#accuracy === null ? '–' : percent(this.#accuracy, 2),
    };
    for (const [name, text] of Object.entries(texts)) setText(this.#statistics[name], text);
  }
}

/**
 * @param {HTMLElement} root
 * @param {import('../engine.js').Engine} engine
 */
export function createTrainPanel(root, engine) {
  new TrainPanel(root, engine);
}
