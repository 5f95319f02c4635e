/** The core as a native program under AddressSanitizer and UndefinedBehaviorSanitizer. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

test('the numeric tests pass natively, with sanitizers and threads', () => {
  const build = spawnSync('make', ['native-tests'], { cwd: root, encoding: 'utf8' });
  assert.equal(build.status, 0, build.stderr);
  const run = spawnSync('build/native/tests', { cwd: root, encoding: 'utf8' });
  assert.equal(run.status, 0, `${run.stdout}\n${run.stderr}`);
  const [, checks] = run.stdout.match(/(\d+) checks, 0 failed/) ?? [];
  assert.ok(Number(checks) > 1000, `only ${checks} checks ran`);
});
