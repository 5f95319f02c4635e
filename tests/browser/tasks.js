/** How long the main thread's tasks take. */

import assert from 'node:assert/strict';

/** @typedef {import('puppeteer-core').Page} Page */

/** Records the main thread's tasks; Chromium alone tells them. @param {Page} page */
export const watchTasks = (page) => page.tracing.start({ categories: ['toplevel'] });

/**
 * The processor time of the main thread's tasks, in ms, longest first. Not the time on the clock: while
 * other programs and the training itself want the processors, a task of 4 ms was seen to take 116 ms,
 * of which this page can know nothing. A busy task at the end shows that long ones are seen.
 * @param {Page} page
 */
async function taskTimes(page) {
  await page.evaluate(
    () =>
      new Promise((resolve) => {
        setTimeout(() => {
          for (const end = performance.now() + 400; performance.now() < end;);
          resolve(null);
        });
      }),
  );
  await new Promise((resolve) => setTimeout(resolve, 500)); // the last task reaches the trace a little later
  const { traceEvents } = JSON.parse(new TextDecoder().decode(await page.tracing.stop()));
  const isMain = (/** @type {any} */ { name, args }) =>
    name === 'thread_name' && args.name === 'CrRendererMain';
  const place = (/** @type {any} */ { pid, tid }) => `${pid} ${tid}`;
  const mains = new Set(traceEvents.filter(isMain).map(place));
  /** @type {number[]} */
  const times = traceEvents
    .filter(
      (/** @type {any} */ event) => event.ph === 'X' && /RunTask/.test(event.name) && mains.has(place(event)),
    )
    // Some have no processor time: the time on the clock is no less.
    .map((/** @type {any} */ { tdur, dur }) => (tdur ?? dur) / 1000);
  return times.sort((x, y) => y - x);
}

/** No task of the main thread since watchTasks took 50 ms. @param {Page} page */
export async function assertShortTasks(page) {
  const [control, ...times] = await taskTimes(page);
  assert.ok(
    control > 50 && times.length > 500,
    `tasks are not seen: ${control} ms, then ${times.length} others`,
  );
  assert.ok(times[0] < 50, `tasks on the main thread took ${times.slice(0, 5).join(', ')} ms`);
}
