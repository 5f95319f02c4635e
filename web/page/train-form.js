/** The settings of a training: presets, fields, and what is wrong with them in words. */

import {
  CELLS_WITH_ACTIVATION,
  checkRecipe,
  fieldAllows,
  NETWORK_FIELDS,
  TRAINING_FIELDS,
} from '../lib/settings.js';
import { h, setText } from './dom.js';
import { inLanguage, number, t } from './language.js';

/** @typedef {import('../lib/settings.js').Field} Field */
/** @typedef {Readonly<import('../lib/settings.js').Recipe>} Recipe */

const PRESETS = ['tutorial', 'quick'];
/** What is chosen at first: it gives a good reader soon. */
const FIRST_PRESET = 'quick';

/** In percent; empty: never. @type {Field} */
const STOP_AT = { kind: 'number', min: 1, max: 100 };

/** In the order shown. @type {Readonly<Record<string, Readonly<Record<string, Field>>>>} */
const GROUPS = Object.freeze({
  network: Object.freeze({
    cell: NETWORK_FIELDS.cell,
    activation: NETWORK_FIELDS.activation,
    hidden: NETWORK_FIELDS.hidden,
    layers: NETWORK_FIELDS.layers,
    forgetBias: NETWORK_FIELDS.forgetBias,
    seed: NETWORK_FIELDS.seed,
  }),
  training: Object.freeze({
    batch: TRAINING_FIELDS.batch,
    learningRate: TRAINING_FIELDS.learningRate,
    schedule: TRAINING_FIELDS.schedule,
    epochs: TRAINING_FIELDS.epochs,
    loss: TRAINING_FIELDS.loss,
    clipNorm: TRAINING_FIELDS.clipNorm,
    stopAt: STOP_AT,
  }),
});
/** Changing these leaves the recipe what it is. */
const NOT_OF_THE_RECIPE = ['stopAt', 'seed'];

/** @param {Recipe} recipe @returns {Record<string, number | string>} */
function recipeValues({ network, training, seed }) {
  const { cell, activation, hidden, layers, forgetBias } = network;
  const { batch, learningRate, schedule, epochs, loss, clipNorm } = training;
  return {
    ...{ cell, activation, hidden, layers, forgetBias, seed },
    ...{ batch, learningRate, schedule, epochs, loss, clipNorm },
  };
}

/** A number field or a choice, with its label and the place for what is wrong. */
class FieldInput {
  /** @type {HTMLInputElement | HTMLSelectElement} */
  input;
  #error;
  #wrong = false;

  /** @param {string} name @param {Field} field */
  constructor(name, field) {
    this.name = name;
    this.field = field;
    const id = `field-${name}`;
    const common = { id, name, 'aria-describedby': `${id}-error` };
    this.input =
      field.kind === 'choice'
        ? h(
            'select',
            common,
            ...(field.choices ?? []).map((choice) =>
              h('option', { value: choice, 'data-t': `choice.${choice}` }),
            ),
          )
        : h('input', {
            ...common,
            type: 'text',
            inputmode: field.kind === 'integer' ? 'numeric' : 'decimal',
            autocomplete: 'off',
          });
    if (name === 'stopAt') this.input.setAttribute('data-t-placeholder', 'field.never');
    this.#error = h('p', { class: 'field-error', id: `${id}-error` });
    this.root = h(
      'div',
      { class: 'field' },
      h('label', { for: id, 'data-t': `field.${name}` }),
      this.input,
      this.#error,
    );
    inLanguage(() => this.#tell());
  }

  /** @returns {number | string} NaN: no number */
  get value() {
    const text = this.input.value.trim();
    if (this.field.kind === 'choice') return text;
    return text === '' ? NaN : Number(text);
  }

  set value(value) {
    this.input.value = String(value);
    this.check();
  }

  get isEmpty() {
    return this.input.value.trim() === '';
  }

  /** @returns {boolean} it is allowed; tells what is wrong otherwise */
  check() {
    this.#wrong = !(this.name === 'stopAt' && this.isEmpty) && !fieldAllows(this.field, this.value);
    this.input.setAttribute('aria-invalid', String(this.#wrong));
    this.#tell();
    return !this.#wrong;
  }

  #tell() {
    const { kind, min = 0, max = 0, above } = this.field;
    const options = { maximumFractionDigits: 10 };
    const values = {
      field: t(`field.${this.name}`),
      min: number(min, options),
      max: number(max, options),
      value: this.input.value.trim() || t('field.nothing'),
    };
    const key = above ? 'field.above' : kind === 'integer' ? 'field.integer' : 'field.number';
    setText(this.#error, this.#wrong ? t(key, values) : '');
  }
}

export class TrainForm {
  #groups = Object.entries(GROUPS).map(([name, fields]) => ({
    name,
    inputs: Object.entries(fields).map(([field, kind]) => new FieldInput(field, kind)),
  }));
  #inputs = this.#groups.flatMap(({ inputs }) => inputs);
  /** @type {Map<string, Recipe>} */
  #recipes = new Map();
  #preset = FIRST_PRESET;
  #note = h('p', { class: 'note' });
  /** @type {Map<string, HTMLInputElement>} */
  #radios = new Map();

  constructor() {
    this.presets = h(
      'fieldset',
      { class: 'presets' },
      h('legend', { 'data-t': 'train.preset' }),
      this.#makeRadios(),
      this.#note,
    );
    const groups = this.#groups.map(({ name, inputs }) =>
      h(
        'fieldset',
        { class: 'field-group' },
        h('legend', { 'data-t': `field.${name}` }),
        h('div', { class: 'fields' }, ...inputs.map(({ root }) => root)),
      ),
    );
    const fields = h('div', {}, ...groups);
    const seed = h('button', {
      type: 'button',
      id: 'new-seed',
      'data-t': 'train.new-seed',
      onclick: () => this.#newSeed(),
    });
    this.#field('seed').root.append(seed);
    this.settings = h(
      'details',
      { class: 'settings', id: 'settings' },
      h('summary', { 'data-t': 'train.settings' }),
      fields,
    );
    this.settings.open = matchMedia('(min-width: 1000px)').matches;
    fields.addEventListener('input', (event) =>
      this.#edited(/** @type {HTMLInputElement} */ (event.target).name),
    );
    inLanguage(() => this.#renderNote());
  }

  #makeRadios() {
    const row = h('div', { class: 'segments' });
    for (const name of [...PRESETS, 'custom']) {
      const id = `preset-${name}`;
      const radio = h('input', {
        type: 'radio',
        name: 'preset',
        id,
        value: name,
        onchange: () => this.#choose(name),
      });
      this.#radios.set(name, radio);
      row.append(h('label', { for: id }, radio, h('span', { 'data-t': `preset.${name}` })));
    }
    return row;
  }

  /** Fetches the presets' recipes. */
  async load() {
    const recipes = await Promise.all(
      PRESETS.map(async (name) => {
        const response = await fetch(new URL(`../build/recipes/${name}.json`, import.meta.url));
        if (!response.ok) throw new Error(`${name}.json: HTTP ${response.status}`);
        return checkRecipe(await response.json());
      }),
    );
    recipes.forEach((recipe, i) => this.#recipes.set(PRESETS[i], recipe));
    this.#choose(FIRST_PRESET);
  }

  /** @param {string} name */
  #field(name) {
    return /** @type {FieldInput} */ (this.#inputs.find((input) => input.name === name));
  }

  /** @param {string} preset */
  #choose(preset) {
    const recipe = this.#recipes.get(preset);
    if (recipe) {
      for (const [name, value] of Object.entries(recipeValues(recipe))) this.#field(name).value = value;
    } else {
      this.settings.open = true;
    }
    this.#setPreset(preset);
  }

  /** @param {string} preset */
  #setPreset(preset) {
    this.#preset = preset;
    const radio = this.#radios.get(preset);
    if (radio) radio.checked = true;
    this.#showFitting();
    this.#renderNote();
  }

  /** Fields that the chosen cell has no use for are not shown. */
  #showFitting() {
    const cell = String(this.#field('cell').value);
    this.#field('activation').root.hidden = !CELLS_WITH_ACTIVATION.includes(cell);
    this.#field('forgetBias').root.hidden = !cell.startsWith('lstm');
  }

  #renderNote() {
    setText(this.#note, t(`preset.${this.#preset}-note`));
  }

  /** @param {string} name */
  #edited(name) {
    this.#field(name).check();
    if (!NOT_OF_THE_RECIPE.includes(name)) this.#setPreset('custom');
    this.#showFitting();
  }

  #newSeed() {
    this.#field('seed').value = crypto.getRandomValues(new Uint32Array(1))[0] % 1e6;
  }

  /**
   * The settings, or null: the first field that is wrong has the focus and says why.
   * @returns {Omit<import('../protocol.js').TrainSettings, 'data'> | null}
   */
  read() {
    // What is not shown can't be put right; it has no effect either.
    const wrong = this.#inputs.filter((input) => !input.root.hidden && !input.check());
    if (wrong.length > 0) {
      this.settings.open = true;
      wrong[0].input.focus();
      return null;
    }
    /** @param {string} name */
    const value = (name) => Number(this.#field(name).value);
    /** @param {string} name */
    const choice = (name) => String(this.#field(name).value);
    const fitting = (/** @type {'activation' | 'forgetBias'} */ name) =>
      this.#field(name).root.hidden ? NETWORK_FIELDS[name].default : this.#field(name).value;
    return {
      recipe: this.#preset,
      network: {
        cell: choice('cell'),
        activation: String(fitting('activation')),
        hidden: value('hidden'),
        layers: value('layers'),
        forgetBias: Number(fitting('forgetBias')),
      },
      training: {
        batch: value('batch'),
        epochs: value('epochs'),
        learningRate: value('learningRate'),
        schedule: choice('schedule'),
        loss: choice('loss'),
        clipNorm: value('clipNorm'),
      },
      seed: value('seed'),
      stopAt: this.#field('stopAt').isEmpty ? null : value('stopAt') / 100,
    };
  }
}
