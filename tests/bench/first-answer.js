/** From the start of the navigation to the first answer on the page, its files in the browser's cache. */

import { DESKTOP } from '../browser/browser.js';

/** The page is empty for so long before it is loaded again: what the one before left to do is done. */
const REST = 500;

/** Runs in the page before its scripts: keeps the time at which an answer first stands there. */
function watchAnswer() {
  const watching = new MutationObserver(() => {
    const answer = /** @type {HTMLElement | null} */ (document.querySelector('#answer'));
    if (!answer?.dataset.digit) return;
    watching.disconnect();
    Object.assign(globalThis, { firstAnswer: performance.now() });
  });
  watching.observe(document, { subtree: true, childList: true, attributeFilter: ['data-digit'] });
}

/**
 * @param {import('../browser/browser.js').World} world
 * @param {number} loads measured; the first ones, which fill the caches (the code's too), are not
 * @returns {Promise<number[]>} milliseconds, in the order of size
 */
export async function firstAnswerTimes({ browser, url }, loads) {
  const context = await browser.createBrowserContext();
  const times = [];
  try {
    const page = await context.newPage();
    await page.setViewport(DESKTOP);
    await page.evaluateOnNewDocument(watchAnswer);
    for (let load = -3; load < loads; load++) {
      await page.goto('about:blank');
      await new Promise((resolve) => setTimeout(resolve, REST));
      await page.goto(url);
      const answered = await page.waitForFunction('globalThis.firstAnswer');
      if (load >= 0) times.push(/** @type {number} */ (await answered.jsonValue()));
    }
  } finally {
    await context.close();
  }
  return times.sort((a, b) => a - b);
}
