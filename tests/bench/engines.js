/** The Node that runs this, and the newest one, to be fetched where it is missing. */

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './report.js';

const NEW_MAJOR = 26;
const PACKAGE = `node-${process.platform}-${process.arch}`; // npm's package of a Node program

/** @param {string} program @returns {string} e.g. 'Node 20', or '' when it does not run */
export function engineName(program) {
  try {
    return `Node ${parseInt(execFileSync(program, ['-p', 'process.versions.node'], { encoding: 'utf8' }))}`;
  } catch {
    return '';
  }
}

/**
 * The newest Node: of NODE_NEW, node_modules/ or the cache; else npm puts it into the cache.
 * @returns {string | null} its program
 */
function findNewNode() {
  const cache = join(
    process.env.XDG_CACHE_HOME || join(homedir(), '.cache'),
    'lstm-wasm',
    `node-${NEW_MAJOR}`,
  );
  const below = (/** @type {string} */ folder) => join(folder, 'node_modules', PACKAGE, 'bin', 'node');
  const places = [process.env.NODE_NEW, below(ROOT), below(cache)];
  const found = places.find((path) => path && existsSync(path));
  if (found) return found;
  console.log(`getting Node ${NEW_MAJOR} (100 MB) into ${cache}`);
  try {
    mkdirSync(cache, { recursive: true });
    const wanted = `${PACKAGE}@${NEW_MAJOR}`;
    const options = ['--prefix', cache, '--ignore-scripts', '--no-save', '--no-audit', '--no-fund'];
    execFileSync('npm', ['install', ...options, wanted], { cwd: cache, stdio: ['ignore', 'ignore', 'pipe'] });
    return below(cache);
  } catch {
    rmSync(cache, { recursive: true, force: true });
    return null;
  }
}

/**
 * The Nodes to measure in.
 * @returns {{name: string, program: string}[]}
 */
export function findEngines() {
  const own = { name: engineName(process.execPath), program: process.execPath };
  if (parseInt(process.versions.node) >= NEW_MAJOR) return [own];
  const program = findNewNode();
  const name = program && engineName(program);
  if (program && name && name !== own.name) return [own, { name, program }];
  console.log(
    `There is no Node ${NEW_MAJOR} here (set NODE_NEW to its program): only ${own.name} is measured.`,
  );
  return [own];
}

/**
 * Runs a script in an engine; it writes its rows to the file that is its last argument.
 * @param {{name: string, program: string}} engine
 * @param {string} script path below tests/bench/
 * @param {string[]} args
 * @returns {Promise<import('./report.js').Row[]>}
 */
export async function rowsOf({ name, program }, script, args) {
  const folder = mkdtempSync(join(tmpdir(), 'lstm-wasm-bench-'));
  const output = join(folder, 'rows.json');
  try {
    const child = spawn(program, [`${ROOT}tests/bench/${script}`, ...args, output], { stdio: 'inherit' });
    const code = await new Promise((resolve, reject) => child.on('error', reject).on('exit', resolve));
    if (code !== 0) throw new Error(`the benchmark in ${name} ended with ${code}`);
    /** @type {import('./report.js').Row[]} */
    const rows = JSON.parse(readFileSync(output, 'utf8'));
    return rows.map((row) => ({ ...row, engine: name }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
