/** The languages say the same things, and the page asks for no words that are not there. */

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import en from '../../web/i18n/en.js';
import zh from '../../web/i18n/zh.js';

const WEB = new URL('../../web/', import.meta.url);

/** @param {string | ((values: Record<string, any>) => string)} words */
const names = (words) =>
  typeof words === 'string' ? [...new Set(words.match(/\{\w+\}/g) ?? [])].sort() : null;

test('English and Chinese have the same keys, with the same values in them', () => {
  assert.deepEqual(Object.keys(zh).sort(), Object.keys(en).sort());
  for (const [key, words] of Object.entries(en)) {
    const [first, second] = [names(words), names(zh[key])];
    if (first && second) assert.deepEqual(second, first, key);
  }
});

test('every key that the page names exists, and every key is used', async () => {
  const files = [
    'index.html',
    'main.js',
    ...(await readdir(new URL('page/', WEB))).map((file) => `page/${file}`),
  ];
  const texts = await Promise.all(files.map((file) => readFile(new URL(file, WEB), 'utf8')));
  const source = texts.join('\n');
  const named = [...source.matchAll(/(?:\bt\(|data-t(?:-\w+)?'?[=:] ?)["'`]([\w-]+\.[\w-]+)["'`]/g)].map(
    ([, key]) => key,
  );
  assert.ok(named.length > 50, `only ${named.length} keys were found: the test sees nothing`);
  assert.deepEqual(
    named.filter((key) => !Object.hasOwn(en, key)),
    [],
  );
  const groups = [...source.matchAll(/`([\w-]+\.)\$\{/g)].map(([, group]) => group);
  // fashion-mnist:draw.hint takes the place of draw.hint.
  const common = (/** @type {string} */ key) => key.replace(/^[\w-]+:/, '');
  assert.deepEqual(
    Object.keys(en).filter((key) => !Object.hasOwn(en, common(key))),
    [],
    'words in the place of none',
  );
  const isUsed = (/** @type {string} */ key) =>
    new RegExp(`['"\`]${key.replace('.', '\\.')}['"\`]`).test(source) ||
    groups.some((group) => key.startsWith(group));
  assert.deepEqual(
    Object.keys(en).filter((key) => !isUsed(common(key))),
    [],
    'words that nothing shows',
  );
});
