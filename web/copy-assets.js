#!/usr/bin/env node
/**
 * Copies to web/build/ what the page loads from there but which isn't compiled: libraries from
 * node_modules/, recipes and weights from models/. Also lists the weights (models/index.json).
 * build.sh runs it.
 */

import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dataSetOf, DEFAULT_DATA_SET } from './lib/data-sets.js';
import { readSafetensors } from './lib/safetensors.js';
import { COMPARED } from './protocol.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BUILD = join(ROOT, 'web/build');

/** Libraries that run in the browser: name in web/build/vendor/ and place in node_modules/. */
const VENDOR = Object.freeze({
  'uPlot.esm.js': 'uplot/dist/uPlot.esm.js',
  'uPlot.esm.d.ts': 'uplot/dist/uPlot.d.ts',
  'uPlot.min.css': 'uplot/dist/uPlot.min.css',
  'wasm-feature-detect.js': 'wasm-feature-detect/dist/esm/index.js',
  'wasm-feature-detect.d.ts': 'wasm-feature-detect/dist/index.d.ts',
});

/** @param {string} source @param {string} target */
async function isFresh(source, target) {
  if (!existsSync(target)) return false;
  const [from, to] = await Promise.all([stat(source), stat(target)]);
  return to.size === from.size && to.mtimeMs >= from.mtimeMs;
}

/**
 * Makes a folder of web/build/ hold the named files and no others.
 * @param {string} folder
 * @param {Record<string, string>} files name: source
 * @param {string[]} [keep] names that something else puts there
 */
async function fill(folder, files, keep = []) {
  const target = join(BUILD, folder);
  await mkdir(target, { recursive: true });
  for (const [name, source] of Object.entries(files)) {
    if (!(await isFresh(source, join(target, name)))) await copyFile(source, join(target, name));
  }
  for (const name of await readdir(target)) {
    if (!(name in files) && !keep.includes(name)) await rm(join(target, name));
  }
}

/**
 * The files of a folder that end in something, by name.
 * @param {string} folder
 * @param {string} ending
 */
async function filesOf(folder, ending) {
  const path = join(ROOT, folder);
  const names = existsSync(path) ? (await readdir(path)).sort() : [];
  return Object.fromEntries(
    names.filter((name) => name.endsWith(ending)).map((name) => [name, join(path, name)]),
  );
}

/**
 * What the page says of a pretrained network before it loads it.
 * @param {string} path
 */
async function describe(path) {
  const bytes = await readFile(path);
  const file = basename(path);
  const { tensors, metadata } = readSafetensors(bytes, file);
  const { cell = 'lstm', activation = 'tanh', recipe = null } = metadata;
  const hidden = tensors.get('output.weight')?.shape[1] ?? 0;
  const layers = [...tensors.keys()].filter((name) => /\.weight_hh_l\d+$/.test(name)).length || 1; // feed-forward: none
  let parameters = 0;
  for (const [name, { data }] of tensors) {
    // PyTorch's files have two biases a layer where the network has their sum; a GRU needs a third of the second.
    if (!name.includes('.bias_hh_')) parameters += data.length;
    else if (cell === 'gru') parameters += hidden;
  }
  const accuracy = Number(metadata.test_accuracy ?? NaN);
  return {
    file,
    bytes: bytes.length,
    cell,
    activation,
    hidden,
    layers,
    parameters,
    accuracy: Number.isFinite(accuracy) ? accuracy : null,
    recipe,
    dataSet: dataSetOf(metadata),
    compared: COMPARED.some((name) => name === recipe),
  };
}

/** @param {string[]} paths */
async function listModels(paths) {
  const models = await Promise.all(paths.map(describe));
  // The page opens with the most accurate reader of digits of those that are not there to be compared.
  const own = models.filter(({ compared, dataSet }) => !compared && dataSet === DEFAULT_DATA_SET);
  const best = Math.max(...own.map(({ accuracy }) => accuracy ?? 0));
  const chosen = own.find(({ accuracy }) => (accuracy ?? 0) === best);
  const list = models.map((model) => ({ ...model, default: model === chosen }));
  await writeFile(join(BUILD, 'models/index.json'), `${JSON.stringify(list, null, 2)}\n`);
}

async function main() {
  const vendor = Object.fromEntries(
    Object.entries(VENDOR).map(([name, place]) => [name, join(ROOT, 'node_modules', place)]),
  );
  const missing = Object.values(vendor).find((path) => !existsSync(path));
  if (missing) throw new Error(`${missing} is missing: run \`npm ci\`.`);
  await fill('vendor', vendor);
  await fill('recipes', await filesOf('models/recipes', '.json'));
  const models = await filesOf('models', '.safetensors');
  await fill('models', models, ['index.json']);
  await listModels(Object.values(models));
}

main().catch((error) => {
  console.error(`copy-assets.js: ${error.message}`);
  process.exitCode = 1;
});
