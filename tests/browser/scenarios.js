/** Registers every scenario for one browser, which is started once. */

import { after, before, describe, it } from 'node:test';
import { withoutBundledFashion, withoutFashionNetwork } from '../support/fashion.js';
import { createWorld } from './browser.js';
import {
  drawsByMouse,
  drawsTinyInCorners,
  opensCold,
  takesOver,
  undoesErasesClears,
} from './draw-scenarios.js';
import {
  clothesFitAPhone,
  readsClothes,
  trainsOnClothes,
  worksWithoutPictures,
} from './fashion-scenarios.js';
import {
  fitsAPhone,
  isAccessible,
  makesThreadsInThePage,
  worksNotIsolated,
  worksWithoutSimd,
  worksWithoutThreads,
} from './layout-scenarios.js';
import { followsTheDrawing, looksInside, looksIntoOtherCells } from './look-scenarios.js';
import { isSureAsItsFileSays, savesAndLoads } from './model-scenarios.js';
import { checksSettings, trainsOnOwnFiles, trainsQuick, worksByKeyboard } from './train-scenarios.js';
import { measuresGradients, remembersADot, trainsCompared } from './why-scenarios.js';

/** @typedef {import('./browser.js').World} World */

/** @type {[string, (world: World) => Promise<void>][]} */
const SCENARIOS = [
  ['1: opened cold, an example is classified without a click and without a request elsewhere', opensCold],
  ['2: a 7 drawn by mouse is answered before the button is let go', drawsByMouse],
  [
    '3: tiny digits in corners, by touch, are read as central ones; the page does not scroll',
    drawsTinyInCorners,
  ],
  ['4: undo, erase, clear', undoesErasesClears],
  ['4: drawing takes over from the example; centring can be switched off', takesOver],
  ['5: keyboard only: draw, hear the answer, train, pause', worksByKeyboard],
  ['5: axe finds nothing serious in either theme', isAccessible],
  ['6, 7: Quick trains, pauses, resumes, while drawings are answered', trainsQuick],
  ['6: wrong settings are told at their field; one batch at a time', checksSettings],
  ['6: training on files of one’s own', trainsOnOwnFiles],
  ['9: save, open fresh, load: the same answer; bad files change nothing', savesAndLoads],
  ['9: an answer is sure from where the network’s file says', isSureAsItsFileSays],
  [
    'look inside: what is shown is what the library computes; rows and units by keyboard and mouse',
    looksInside,
  ],
  ['look inside: follows the drawing, and the network in training', followsTheDrawing],
  ['look inside: other cells, layers, and a network that reads all rows at once', looksIntoOtherCells],
  ['11: the plotted gradients are the library’s, and those of finite differences', measuresGradients],
  ['11: what a dot changes', remembersADot],
  ['11: the five networks are trained on the spot; the drawing’s network stays', trainsCompared],
  ['12: a phone of 360x640 in English and Chinese', fitsAPhone],
  ['without SIMD the page says so and works', worksWithoutSimd],
  ['the page makes the workers of the engine’s threads', makesThreadsInThePage],
  ['where threads never start the page works on one', worksWithoutThreads],
  ['without isolation the page says so in its status line', worksNotIsolated],
];

/** These need the network, and all but the first the pictures. @type {[string, (world: World) => Promise<void>][]} */
const CLOTHES = [
  ['clothes: where the site has no pictures of them the page says so and works', worksWithoutPictures],
  ['clothes: samples are read as they are and named, in English and Chinese', readsClothes],
  ['clothes: a phone of 360x640, both languages and themes', clothesFitAPhone],
  ['clothes: trained on in the tab, bundled or from one’s own files', trainsOnClothes],
];

/** @param {import('./browser.js').BrowserName} name */
export function runScenarios(name) {
  describe(name, () => {
    /** @type {Awaited<ReturnType<typeof createWorld>>} */
    let world;
    before(async () => {
      world = await createWorld(name);
    });
    after(() => world?.close());
    for (const [title, scenario] of SCENARIOS) it(`${name} ${title}`, () => scenario(world));
    for (const [title, scenario] of CLOTHES) {
      const skip =
        withoutFashionNetwork() || (scenario === worksWithoutPictures ? false : withoutBundledFashion());
      it(`${name} ${title}`, { skip }, () => scenario(world));
    }
  });
}
