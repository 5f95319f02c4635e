#!/usr/bin/env node
/** Takes README's picture of the page: a drawn digit, answered, and looked into. */

import { fileURLToPath } from 'node:url';
import {
  createWorld,
  digitStrokes,
  draw,
  openTab,
  press,
  settle,
  untilAnswered,
  withPage,
} from './browser.js';

const world = await createWorld('chromium');
await withPage(world, { width: 1280, height: 1340 }, async (page) => {
  await untilAnswered(page);
  await press(page, '#clear');
  await draw(page, digitStrokes(5));
  await openTab(page, 'look-inside');
  await page.select('#look-order', 'state');
  await page.evaluate(() => window.scrollTo(0, 0));
  await settle(page);
  await page.screenshot({
    path: /** @type {any} */ (fileURLToPath(new URL('../../web/screenshot.png', import.meta.url))),
  });
});
await world.close();
