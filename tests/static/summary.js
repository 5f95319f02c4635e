/**
 * A reporter for Node's test runner: one line, `N passed, N failed`, with `, N skipped` when some were.
 * For machines; people read the spec reporter beside it.
 *
 * @param {AsyncIterable<{type: string, data: any}>} source
 */
export default async function* summary(source) {
  /** @type {Record<string, number>} */
  const counts = {};
  for await (const { type, data } of source) {
    const match =
      type === 'test:diagnostic' && /^(pass|fail|cancelled|skipped|todo) (\d+)$/.exec(data.message);
    if (match) counts[match[1]] = Number(match[2]); // the last ones are those of the whole run
  }
  const { pass = 0, fail = 0, cancelled = 0, skipped = 0, todo = 0 } = counts;
  const line = [`${pass} passed`, `${fail + cancelled} failed`];
  if (skipped + todo > 0) line.push(`${skipped + todo} skipped`);
  yield `${line.join(', ')}\n`;
}
