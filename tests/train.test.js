/** models/train.js as a user runs it, on a small part of MNIST. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { readOriginal } from '../web/mnist-files.js';
import { loadEngine } from '../web/lib/index.js';

const script = fileURLToPath(new URL('../models/train.js', import.meta.url));
/** @type {string} */
let folder;

/**
 * Writes the first `count` items of one of MNIST's files, gzip or not.
 * @param {import('../web/mnist-files.js').MnistFile} name
 * @param {number} count
 * @param {boolean} zip
 */
async function writePart(name, count, zip) {
  const { bytes: whole } = await readOriginal(name);
  const isImages = name.includes('images');
  const header = Buffer.from(whole.subarray(0, isImages ? 16 : 8));
  header.writeUInt32BE(count, 4);
  const values = whole.subarray(header.length, header.length + count * (isImages ? 784 : 1));
  const part = Buffer.concat([header, values]);
  writeFileSync(join(folder, zip ? `${name}.gz` : name), zip ? gzipSync(part) : part);
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lstm-wasm-'));
  await writePart('train-images-idx3-ubyte', 5600, true);
  await writePart('train-labels-idx1-ubyte', 5600, true);
  await writePart('t10k-images-idx3-ubyte', 200, false);
  await writePart('t10k-labels-idx1-ubyte', 200, false);
});
after(() => rmSync(folder, { recursive: true }));

/** @param {...string} args */
function train(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
  return { status, lines: stdout.trim().split('\n'), stderr };
}

test("prints the tutorial's lines and writes weights that load", async () => {
  const out = join(folder, 'tutorial.safetensors');
  const { status, lines, stderr } = train(
    'tutorial',
    '--epochs',
    '2',
    '--seed',
    '5',
    '--data',
    folder,
    '--out',
    out,
  );
  assert.equal(status, 0, stderr);
  assert.equal(lines.length, 2);
  for (const [i, line] of lines.entries()) {
    assert.match(line, new RegExp(`^Iter ${i}, Testing Accuracy= [01]\\.\\d{4}$`));
  }
  const network = (await loadEngine()).openNetwork(new Uint8Array(readFileSync(out)));
  const { recipe, seed, epochs, test_accuracy: accuracy } = network.metadata;
  assert.deepEqual({ recipe, seed, epochs }, { recipe: 'tutorial', seed: '5', epochs: '2' });
  assert.equal(Number(accuracy).toFixed(4), lines[1].split('= ')[1]);
});

test('--json prints an object a line; the same seed gives the same weights', () => {
  const files = [join(folder, 'a.safetensors'), join(folder, 'b.safetensors')];
  for (const out of files) {
    const { status, lines, stderr } = train(
      'quick',
      '--epochs',
      '1',
      '--json',
      '--data',
      folder,
      '--out',
      out,
    );
    assert.equal(status, 0, stderr);
    const { epoch, loss, accuracy, seconds, imagesPerSecond } = JSON.parse(lines[0]);
    assert.equal(epoch, 0);
    assert.ok(loss > 0 && loss < 3 && accuracy > 0 && accuracy <= 1 && seconds > 0);
    assert.ok(Math.abs(imagesPerSecond - 600 / seconds) <= 1, `${imagesPerSecond} of 600 images`);
  }
  assert.deepEqual(readFileSync(files[0]), readFileSync(files[1]));
});

test('--help tells the options; mistakes are told in a line', () => {
  const help = train('--help');
  assert.equal(help.status, 0);
  for (const option of ['--epochs', '--seed', '--threads', '--data', '--out', '--json']) {
    assert.ok(help.lines.join('\n').includes(option), option);
  }
  const bad = join(folder, 'bad.json');
  writeFileSync(bad, '{"name": "bad", "data": "mnist", "network": {"hidden": 0}, "training": {}, "seed": 1}');
  const broken = join(folder, 'broken.json');
  writeFileSync(broken, '{"name": ');
  for (const [args, message] of /** @type {[string[], RegExp][]} */ ([
    [[], /recipe must be one name; see --help/],
    [['nonesuch'], /recipe must be one of .*quick.*tutorial.*found "nonesuch"/],
    [['tutorial', '--epochs', '0'], /training\.epochs must be a whole number from 1/],
    [['tutorial', '--seed', 'x'], /--seed must be a number; found "x"/],
    [['tutorial', '--speed'], /--speed/],
    [['tutorial', '--data', join(folder, 'none')], /has neither train-images-idx3-ubyte nor/],
    [['tutorial', '--threads', '0'], /threads must be/],
    [[bad], /network\.hidden must be a whole number from 1 to 1024; found 0/],
    [[broken], /must be JSON/],
    [['tutorial', '--out', join(folder, 'none', 'x')], /--out must be in a folder that exists/],
  ])) {
    const { status, stderr } = train(...args);
    assert.equal(status, 1, args.join(' '));
    assert.match(stderr, message, args.join(' '));
    assert.ok(!stderr.includes('    at '), `a stack trace: ${stderr}`);
  }
});
