/** What must hold of the tracked files as such. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Tracked files, and those that would be if they were added now. */
function projectFiles() {
  const output = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return output.split('\0').filter((name) => name !== '' && existsSync(ROOT + name));
}

const notAClone = !existsSync(`${ROOT}.git`) && 'not a git clone';

test('nothing generated is tracked', { skip: notAClone }, () => {
  const generated = projectFiles().filter((name) =>
    /(^|\/)(node_modules|build)\/|\.(wasm|o|a|gz|unfinished)$/.test(name),
  );
  assert.deepEqual(generated, []);
});

test('no file names a package registry, a mirror or a path of one machine', { skip: notAClone }, () => {
  // Written so that this file doesn't match itself
  const hosts = ['registry[.]npmjs', 'registry[.]yarnpkg', 'deb[.]debian[.]org', 'ftp[.][a-z.]*debian[.]org'];
  // A place such as /root or /src is also a part of other paths: only longer ones tell
  const places = [ROOT, homedir()].filter((path) => path.split('/').filter(Boolean).length > 1);
  const escaped = places.map((path) => path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const pattern = new RegExp([...hosts, ...escaped].join('|'));
  const found = projectFiles()
    .filter((name) => !name.endsWith('.safetensors'))
    .flatMap((name) => {
      const match = pattern.exec(readFileSync(ROOT + name, 'utf8'));
      return match ? [`${name}: ${match[0]}`] : [];
    });
  assert.deepEqual(found, []);
});

test('the lock file pins every package by its checksum and by no address', () => {
  const { packages } = JSON.parse(readFileSync(`${ROOT}package-lock.json`, 'utf8'));
  const entries = Object.entries(packages).filter(([name]) => name !== '');
  assert.ok(entries.length > 50, 'the lock file lists packages');
  const bad = entries.filter(([, { resolved, integrity }]) => resolved !== undefined || !integrity);
  assert.deepEqual(
    bad.map(([name]) => name),
    [],
  );
});
