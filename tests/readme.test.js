/** README's example runs as it stands there, and what README names exists. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');

test("README's example learns and prints what it says", () => {
  const [, code] = readme.match(/```js\n([\s\S]*?)```/) ?? assert.fail('README has no example');
  // Inside the package, so that it finds itself by its name.
  const path = join(root, 'build/readme-example.mjs');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, code);
  const { status, stdout, stderr } = spawnSync(process.execPath, [path], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  assert.equal(stdout.match(/^epoch \d+: loss \d\.\d{3}$/gm)?.length, 40);
  const [, accuracy] = stdout.match(/^([\d.]+) % right$/m) ?? assert.fail(stdout);
  assert.ok(Number(accuracy) > 90, `${accuracy} %`);
  assert.match(stdout, /^[01] [01]$/m);
});

for (const file of ['README.md', 'models/README.md', 'CREDITS.md']) {
  test(`the files that ${file} links to exist`, () => {
    const text = readFileSync(join(root, file), 'utf8');
    const targets = [...text.matchAll(/\]\(([^)#:]+)\)/g)].map(([, target]) => target);
    for (const target of targets) {
      assert.ok(existsSync(join(root, dirname(file), target)), `${target} does not exist`);
    }
  });
}
