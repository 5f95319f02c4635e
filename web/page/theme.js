/** Light, dark, or as the system says. Colours are CSS variables of [data-theme]. */

import { byId } from './dom.js';
import { keep, recall } from './storage.js';

const system = matchMedia('(prefers-color-scheme: dark)');
/** @type {Set<() => void>} */
const listeners = new Set();

/** What is drawn on canvases must be drawn anew then. @param {() => void} redraw */
export function onTheme(redraw) {
  listeners.add(redraw);
}

/** A colour of the theme. @param {string} name of a CSS variable, without the dashes */
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export function createThemeSwitch() {
  const select = byId('theme', HTMLSelectElement);
  const apply = () => {
    const dark = select.value === 'dark' || (select.value === 'auto' && system.matches);
    document.documentElement.dataset.theme = dark ? 'dark' : 'light';
    for (const redraw of listeners) redraw();
  };
  select.value = recall('theme') ?? 'auto';
  if (select.selectedIndex < 0) select.value = 'auto';
  select.addEventListener('change', () => {
    keep('theme', select.value);
    apply();
  });
  system.addEventListener('change', apply);
}
