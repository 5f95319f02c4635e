#!/usr/bin/env node
/** Takes README's picture of the page: a drawn digit, answered, and a finished quick training. */

import { fileURLToPath } from 'node:url';
import {
  createWorld,
  digitStrokes,
  draw,
  press,
  settle,
  untilAnswered,
  untilTraining,
  withPage,
} from './browser.js';

const world = await createWorld('chromium');
await withPage(world, { width: 1280, height: 1130 }, async (page) => {
  await untilAnswered(page);
  await press(page, '#train-start');
  await untilTraining(page, 'done');
  await page.evaluate(() => window.scrollTo(0, 0));
  await press(page, '#clear');
  await draw(page, digitStrokes(5));
  await settle(page);
  await page.screenshot({
    path: /** @type {any} */ (fileURLToPath(new URL('../../web/screenshot.png', import.meta.url))),
  });
});
await world.close();
