/** Settings of networks, training and recipes: what there is, its range, its default. */

import { DATA_SETS } from './data-sets.js';
import { ConfigError } from './errors.js';
import { PRECISIONS } from './safetensors.js';

/**
 * @typedef {object} Field
 * @property {'integer' | 'number' | 'choice'} kind
 * @property {number} [min]
 * @property {number} [max]
 * @property {boolean} [above] min itself is not allowed
 * @property {readonly string[]} [choices]
 * @property {number | string} [default] none: the setting must be given
 */

/** The losses by name, in the order of C's enum loss. */
export const LOSSES = Object.freeze(['cross-entropy', 'double-softmax']);
/** The learning rate's schedules, in the order of C's enum schedule. */
export const SCHEDULES = Object.freeze(['constant', 'cosine']);
/** The kinds of cell by name, in the order of C's enum cell_kind. */
export const CELLS = Object.freeze(['lstm', 'lstm-peephole', 'gru', 'rnn', 'feedforward']);
/** What the cells without gates put their sums through, in the order of C's enum kernel_activation. */
export const ACTIVATIONS = Object.freeze(['tanh', 'linear', 'logistic']);
/** The cells that have an activation to choose. */
export const CELLS_WITH_ACTIVATION = Object.freeze(['rnn', 'feedforward']);
/** The most numbers that a feed-forward network reads at once. */
const MAX_SEQUENCE = 65536;

const SEED = { kind: 'integer', min: 0, max: 2 ** 32 - 1, default: 1 };

/** @type {Readonly<Record<string, Field>>} */
export const NETWORK_FIELDS = Object.freeze({
  cell: { kind: 'choice', choices: CELLS, default: 'lstm' },
  activation: { kind: 'choice', choices: ACTIVATIONS, default: 'tanh' },
  inputs: { kind: 'integer', min: 1, max: 4096, default: 28 },
  steps: { kind: 'integer', min: 1, max: 4096, default: 28 },
  hidden: { kind: 'integer', min: 1, max: 1024, default: 100 },
  layers: { kind: 'integer', min: 1, max: 3, default: 1 },
  classes: { kind: 'integer', min: 1, max: 1024, default: 10 },
  batch: { kind: 'integer', min: 1, max: 1024, default: 50 },
  forgetBias: { kind: 'number', min: -100, max: 100, default: 1 },
  seed: /** @type {Field} */ (SEED),
});

/**
 * What may be added to plain training, in the order of C's struct refine_options; 0: off.
 * @type {Readonly<Record<string, Field>>}
 */
export const REFINEMENT_FIELDS = Object.freeze({
  labelSmoothing: { kind: 'number', min: 0, max: 0.9, default: 0 },
  dropout: { kind: 'number', min: 0, max: 0.9, default: 0 },
  outputDropout: { kind: 'number', min: 0, max: 0.9, default: 0 },
  weightDecay: { kind: 'number', min: 0, max: 10, default: 0 },
  averaging: { kind: 'number', min: 0, max: 0.999999, default: 0 },
  warmUp: { kind: 'number', min: 0, max: 0.9, default: 0 },
});

/**
 * How pictures are distorted in training, in the order of C's struct augment_options (units: augment.h).
 * @type {Readonly<Record<string, Field>>}
 */
export const AUGMENT_FIELDS = Object.freeze({
  share: { kind: 'number', min: 0, max: 1, default: 1 },
  rotation: { kind: 'number', min: 0, max: 90, default: 0 },
  scale: { kind: 'number', min: 0, max: 1, default: 0 },
  shear: { kind: 'number', min: 0, max: 1, default: 0 },
  shift: { kind: 'number', min: 0, max: 16, default: 0 },
  elastic: { kind: 'number', min: 0, max: 16, default: 0 },
  smoothness: { kind: 'number', min: 2, max: 64, default: 8 },
  thickness: { kind: 'number', min: 0, max: 1, default: 0 },
  contrast: { kind: 'number', min: 0, max: 16, default: 0 },
  fit: { kind: 'integer', min: 0, max: 1, default: 0 },
});

/** @type {Readonly<Record<string, Field>>} */
export const TRAINING_FIELDS = Object.freeze({
  batch: { kind: 'integer', min: 1, max: 1024, default: 50 },
  epochs: { kind: 'integer', min: 1, max: 100000, default: 10 },
  learningRate: { kind: 'number', min: 0, above: true, max: 10, default: 1e-3 },
  loss: { kind: 'choice', choices: LOSSES, default: 'cross-entropy' },
  schedule: { kind: 'choice', choices: SCHEDULES, default: 'constant' },
  clipNorm: { kind: 'number', min: 0, max: 1e9, default: 0 },
  beta1: { kind: 'number', min: 0, max: 0.9999, default: 0.9 },
  beta2: { kind: 'number', min: 0, max: 0.999999, default: 0.999 },
  epsilon: { kind: 'number', min: 0, above: true, max: 1, default: 1e-8 },
  ...REFINEMENT_FIELDS,
  seed: /** @type {Field} */ (SEED),
});

/**
 * What a field allows, in words: "a whole number from 1 to 1024".
 * @param {Field} field
 */
export function describeField(field) {
  if (field.kind === 'choice') return `one of ${(field.choices ?? []).join(', ')}`;
  const what = field.kind === 'integer' ? 'a whole number' : 'a number';
  return field.above
    ? `${what} above ${field.min} and at most ${field.max}`
    : `${what} from ${field.min} to ${field.max}`;
}

/**
 * @param {Field} field
 * @param {unknown} value
 */
export function fieldAllows(field, value) {
  if (field.kind === 'choice') return field.choices?.includes(String(value)) ?? false;
  if (typeof value !== 'number' || !Number.isFinite(value)) return false;
  if (field.kind === 'integer' && !Number.isInteger(value)) return false;
  const { min = -Infinity, max = Infinity } = field;
  // The core computes with 32 bits, where a tiny number becomes 0.
  return value <= max && (field.above ? Math.fround(value) > min : value >= min);
}

/**
 * The settings with defaults filled in, frozen; throws ConfigError for the first that is unknown or not
 * allowed. `path` is put before the field's name in the message.
 * @param {Readonly<Record<string, Field>>} fields
 * @param {unknown} values
 * @param {string} [path]
 * @returns {Readonly<Record<string, any>>}
 */
export function checkSettings(fields, values, path = '') {
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw new ConfigError(path.replace(/\.$/, '') || 'settings', values, 'an object');
  }
  const given = /** @type {Record<string, unknown>} */ (values);
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(fields, name));
  if (unknown !== undefined) {
    const known = Object.keys(fields).join(', ');
    throw new ConfigError(`${path}${unknown}`, given[unknown], `left out: the settings are ${known}`);
  }
  /** @type {Record<string, unknown>} */
  const checked = {};
  for (const [name, field] of Object.entries(fields)) {
    const value = given[name] ?? field.default;
    if (!fieldAllows(field, value)) {
      throw new ConfigError(`${path}${name}`, value, describeField(field));
    }
    checked[name] = value;
  }
  return Object.freeze(checked);
}

/**
 * The settings of a network with defaults filled in; throws ConfigError. `path` as for checkSettings.
 * @param {Readonly<Record<string, Field>>} fields all of NETWORK_FIELDS or some
 * @param {unknown} values
 * @param {string} [path]
 */
export function checkNetwork(fields, values, path = '') {
  const checked = checkSettings(fields, values, path);
  const { cell, activation, steps = 1, inputs = 1 } = checked;
  if (activation !== NETWORK_FIELDS.activation.default && !CELLS_WITH_ACTIVATION.includes(cell)) {
    const expected = `left out: of the cells only ${CELLS_WITH_ACTIVATION.join(' and ')} have one`;
    throw new ConfigError(`${path}activation`, activation, expected);
  }
  if (cell === 'feedforward' && steps * inputs > MAX_SEQUENCE) {
    const expected = `at most ${MAX_SEQUENCE.toLocaleString('en')} for a feedforward network, which reads all steps at once`;
    throw new ConfigError(`${path}steps x inputs`, steps * inputs, expected);
  }
  return checked;
}

/**
 * A recipe: everything that makes a training reproducible. Files: models/recipes/*.json.
 * @typedef {object} Recipe
 * @property {string} name
 * @property {string} data 'mnist' or 'fashion-mnist' (data-sets.js)
 * @property {Readonly<Record<string, any>>} network cell, activation, hidden, layers, forgetBias
 * @property {Readonly<Record<string, any>>} training see TRAINING_FIELDS
 * @property {Readonly<Record<string, any>> | null} augment see AUGMENT_FIELDS; null: images as they are
 * @property {number} drawn digits of our own pen beside the images (models/strokes.js), as a share of their number
 * @property {number} scribbles drawings that are no digits, trained to be answered with doubt; a share as well
 * @property {boolean} calibrated the answers' temperature is fitted on the validation images (models/calibration.js)
 * @property {number} seed of the weights and of the order of the images
 * @property {string} precision of the file: 'single', or 'half' for 16 bits a number
 */

/** @type {Field} */
const PRECISION = { kind: 'choice', choices: PRECISIONS, default: 'single' };
const { cell, activation, hidden, layers, forgetBias } = NETWORK_FIELDS;
/** @type {Field} */
const SHARE = { kind: 'number', min: 0, max: 1, default: 0 };
const { seed: _trainingSeed, ...TRAINING_WITHOUT_SEED } = TRAINING_FIELDS;

/**
 * @param {unknown} value null, undefined: none
 * @throws {ConfigError}
 */
export function checkAugment(value) {
  return value === null || value === undefined ? null : checkSettings(AUGMENT_FIELDS, value, 'augment.');
}

/** Off where it is not given. @param {string} name @param {unknown} value */
function checkFlag(name, value) {
  if (value !== undefined && typeof value !== 'boolean') throw new ConfigError(name, value, 'true or false');
  return value === true;
}

/**
 * Checks a recipe as it comes from JSON; throws ConfigError.
 * @param {unknown} value
 * @returns {Readonly<Recipe>}
 */
export function checkRecipe(value) {
  if (typeof value !== 'object' || value === null) throw new ConfigError('recipe', value, 'an object');
  const { name, data, network, training, augment, drawn, scribbles, calibrated, seed, precision, ...rest } =
    /** @type {Record<string, unknown>} */ (value);
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined) {
    throw new ConfigError(
      unknown,
      rest[unknown],
      'left out: a recipe has name, data, network, training, augment, drawn, scribbles, calibrated, seed, precision',
    );
  }
  if (typeof name !== 'string' || !/^[a-z0-9-]+$/.test(name)) {
    throw new ConfigError('name', name, 'a word of lower-case letters, digits and hyphens');
  }
  const dataSet = String(data);
  if (!Object.hasOwn(DATA_SETS, dataSet)) {
    throw new ConfigError('data', data, `one of ${Object.keys(DATA_SETS).join(', ')}`);
  }
  if (drawn !== undefined && drawn !== 0 && dataSet !== 'mnist') {
    throw new ConfigError('drawn', drawn, `0 with the data ${dataSet}: our own pen draws digits`);
  }
  return Object.freeze({
    name,
    data: dataSet,
    network: checkNetwork({ cell, activation, hidden, layers, forgetBias }, network, 'network.'),
    training: checkSettings(TRAINING_WITHOUT_SEED, training, 'training.'),
    augment: checkAugment(augment),
    drawn: checkSettings({ drawn: SHARE }, { drawn }).drawn,
    scribbles: checkSettings({ scribbles: SHARE }, { scribbles }).scribbles,
    calibrated: checkFlag('calibrated', calibrated),
    seed: checkSettings({ seed: NETWORK_FIELDS.seed }, { seed }).seed,
    precision: checkSettings({ precision: PRECISION }, { precision }).precision,
  });
}
