/** The colour scales of the heat maps: safe for the colour-blind, and to be told apart in grey as well. */

import { colour } from './theme.js';

/** @typedef {'share' | 'signed' | 'fade' | 'ink'} Scale */

/** Cividis: Nuñez, Anderton and Renslow 2018, doi.org/10.1371/journal.pone.0199239. */
const CIVIDIS = [
  ...['#00224e', '#123570', '#3b496c', '#575d6d', '#707173'],
  ...['#8a8678', '#a59c74', '#c3b369', '#e1cc55', '#fee838'],
];

/** ColorBrewer's PuOr (Harrower and Brewer 2003); by night from dark to bright, so that 0 doesn't glare. */
const PURPLE_ORANGE = Object.freeze({
  light: ['#542788', '#8073ac', '#b2abd2', '#d8daeb', '#f7f7f7', '#fee0b6', '#fdb863', '#e08214', '#b35806'],
  dark: ['#cdb9ff', '#a48be0', '#7361ad', '#453d6d', '#20221f', '#5e4220', '#9a6422', '#d68a2a', '#ffbe6b'],
});

/** White, black, then orange: what fades, what is as strong as at the end, what grows. */
const FADE = ['#ffffff', '#000000', '#d55e00'];

const ENTRIES = 256;
/** @type {Map<string, Uint8Array>} */
const made = new Map();

/** @param {string} hex "#rrggbb" */
export const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

/** @param {Scale} scale @param {string} theme */
function stopsOf(scale, theme) {
  if (scale === 'share') return CIVIDIS;
  if (scale === 'fade') return FADE;
  if (scale === 'ink') return [colour('page'), colour('ink')];
  return PURPLE_ORANGE[theme === 'dark' ? 'dark' : 'light'];
}

/**
 * The colours of a scale from its least to its greatest value.
 * @param {Scale} scale
 * @returns {Uint8Array} 256 times red, green, blue
 */
export function palette(scale) {
  const theme = document.documentElement.dataset.theme ?? 'light';
  const key = `${scale} ${theme}`;
  const known = made.get(key);
  if (known) return known;
  const stops = stopsOf(scale, theme).map(rgb);
  const colours = new Uint8Array(3 * ENTRIES);
  for (let i = 0; i < ENTRIES; i++) {
    const at = (i / (ENTRIES - 1)) * (stops.length - 1);
    const first = Math.min(Math.floor(at), stops.length - 2);
    stops[first].forEach((value, channel) => {
      colours[3 * i + channel] = Math.round(value + (at - first) * (stops[first + 1][channel] - value));
    });
  }
  made.set(key, colours);
  return colours;
}

/**
 * Where a value stands in a palette; outside of the range at its end.
 * @param {number} value
 * @param {number} from
 * @param {number} to
 */
export function entryOf(value, from, to) {
  const at = Math.round(((value - from) / (to - from)) * (ENTRIES - 1));
  return at > 0 ? Math.min(at, ENTRIES - 1) : 0; // NaN: the first
}
