/** Paints the 28x28 pixels that a network reads. */

import { rgb } from './colours.js';
import { colour } from './theme.js';

export const SIDE = 28;

/**
 * The ink's colour is the theme's; how much there is, is its alpha.
 * @param {HTMLCanvasElement} canvas 28x28
 * @param {Uint8Array} pixels 0 (paper) to 255 (ink)
 * @param {string} [ink] name of a colour of the theme
 */
export function paintPixels(canvas, pixels, ink = 'ink') {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const image = context.createImageData(SIDE, SIDE);
  const [red, green, blue] = rgb(colour(ink));
  pixels.forEach((value, i) => image.data.set([red, green, blue, value], 4 * i));
  context.putImageData(image, 0, 0);
}
