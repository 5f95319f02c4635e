/** What is compared: untrained or trained, with which scale, forget bias and label. */

import { fieldAllows, NETWORK_FIELDS } from '../lib/settings.js';
import { h, setText } from './dom.js';
import { inLanguage, number, t } from './language.js';

/** @typedef {import('../protocol.js').Stage} Stage */

const STAGES = /** @type {Stage[]} */ (['before', 'after', 'here']);
const OWN_FORGET_BIAS = Number(NETWORK_FIELDS.forgetBias.default);
const DIGITS = Array.from({ length: 10 }, (_, digit) => String(digit));

/** @param {number} value */
const sigmoid = (value) => 1 / (1 + Math.exp(-value));

export class WhyControls {
  #changed;
  /** @type {Map<Stage, {radio: HTMLInputElement, label: HTMLElement}>} */
  #stages = new Map();
  #label = h('select', { id: 'why-label' });
  #scale = h('input', { type: 'range', id: 'why-scale', min: 0, max: 2, step: 0.05, value: 1 });
  #scaleText = h('output', { for: 'why-scale' });
  #bias = h('input', {
    ...{ type: 'range', id: 'why-forget-bias', min: -2, max: 6, step: 0.5 },
    value: OWN_FORGET_BIAS,
  });
  #biasText = h('output', { for: 'why-forget-bias' });
  #biasNote = h('p', { class: 'note' });
  reset = h('button', {
    type: 'button',
    id: 'why-reset',
    'data-t': 'why.reset',
    onclick: () => this.#default(),
  });
  /** @type {number | null} what the page's network answers */
  #answer = null;

  /** @param {() => void} changed */
  constructor(changed) {
    this.#changed = changed;
    const options = ['answer', 'own', ...DIGITS].map((value) => h('option', { value }));
    this.#label.append(...options);
    this.root = h(
      'div',
      { class: 'why-controls', role: 'group', 'data-t-label': 'why.controls' },
      h('fieldset', { class: 'presets' }, h('legend', { 'data-t': 'why.stage' }), this.#makeStages()),
      field('why.label', this.#label, null, h('p', { class: 'note', 'data-t': 'why.label-note' })),
      field('why.scale', this.#scale, this.#scaleText, h('p', { class: 'note', 'data-t': 'why.scale-note' })),
      field('why.forget-bias', this.#bias, this.#biasText, this.#biasNote),
    );
    this.#label.addEventListener('change', () => changed());
    for (const slider of [this.#scale, this.#bias]) {
      slider.addEventListener('input', () => {
        this.render();
        changed();
      });
    }
    inLanguage(() => this.render());
  }

  #makeStages() {
    const row = h('div', { class: 'segments' });
    for (const stage of STAGES) {
      const id = `why-${stage}`;
      const radio = h('input', { type: 'radio', name: 'why-stage', id, onchange: () => this.#changed() });
      const label = h('label', { for: id }, radio, h('span', { 'data-t': `why.stage-${stage}` }));
      this.#stages.set(stage, { radio, label });
      row.append(label);
    }
    this.stage = 'after';
    this.offerTrainedHere(false);
    return row;
  }

  get stage() {
    return STAGES.find((stage) => this.#stages.get(stage)?.radio.checked) ?? 'before';
  }

  set stage(stage) {
    const { radio } = /** @type {{radio: HTMLInputElement}} */ (this.#stages.get(stage));
    radio.checked = true;
  }

  /** @param {boolean} offered */
  offerTrainedHere(offered) {
    /** @type {{label: HTMLElement}} */ (this.#stages.get('here')).label.hidden = !offered;
  }

  /** @param {number | null} answer of the page's network */
  set answer(answer) {
    if (answer === this.#answer) return;
    this.#answer = answer;
    this.render();
  }

  /** The settings as a request has them. */
  get values() {
    const label = this.#label.value;
    return {
      stage: this.stage,
      recurrentScale: Number(this.#scale.value),
      forgetBias: this.#forgetBias,
      label: label === 'own' ? null : label === 'answer' ? this.#answer : Number(label),
    };
  }

  get #forgetBias() {
    const bias = Number(this.#bias.value);
    return fieldAllows(NETWORK_FIELDS.forgetBias, bias) ? bias : OWN_FORGET_BIAS;
  }

  #default() {
    this.#scale.value = '1';
    this.#bias.value = String(OWN_FORGET_BIAS);
    this.#label.value = 'answer';
    this.render();
    this.#changed();
  }

  render() {
    const two = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
    setText(this.#scaleText, `× ${number(Number(this.#scale.value), two)}`);
    const bias = this.#forgetBias;
    setText(this.#biasText, number(bias, { minimumFractionDigits: 1 }));
    const values = { bias: number(bias), gate: number(sigmoid(bias), two) };
    setText(this.#biasNote, t('why.forget-bias-note', values));
    const digit = this.#answer === null ? '–' : String(this.#answer);
    const words = { answer: t('why.label-answer', { digit }), own: t('why.label-own') };
    for (const option of this.#label.options) {
      option.textContent = words[/** @type {keyof typeof words} */ (option.value)] ?? option.value;
    }
  }
}

/** @param {string} key @param {HTMLElement} input @param {HTMLElement | null} output @param {HTMLElement} note */
function field(key, input, output, note) {
  const label = h('label', { for: input.id, 'data-t': key });
  const id = `${input.id}-note`;
  note.id = id;
  input.setAttribute('aria-describedby', id);
  const head = h('div', { class: 'why-field-head' }, label, ...(output ? [output] : []));
  return h('div', { class: 'field why-field' }, head, input, note);
}
