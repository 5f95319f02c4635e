/** The page's words and numbers in the chosen language, about what the answering network reads. */

import { DEFAULT_DATA_SET } from '../lib/data-sets.js';
import en from '../i18n/en.js';
import zh from '../i18n/zh.js';
import { keep } from './storage.js';

const LANGUAGES = Object.freeze({ en, zh });
/** @typedef {keyof typeof LANGUAGES} Language */

/** early.js chose it before the first paint. */
let current = /** @type {Language} */ (document.documentElement.lang === 'zh' ? 'zh' : 'en');
let dataSet = DEFAULT_DATA_SET;
/** @type {Set<() => void>} */
const listeners = new Set();

export const language = () => current;

/** @param {string} key */
export const hasWords = (key) => Object.hasOwn(LANGUAGES[current], key);

/**
 * Words in the language of the page; those of the data set (fashion-mnist:draw.hint) go before the common ones.
 * @param {string} key
 * @param {Record<string, any>} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
  const all = LANGUAGES[current];
  const words = all[`${dataSet}:${key}`] ?? all[key];
  if (words === undefined) throw new Error(`i18n/${current}.js has no words for ${key}`);
  if (typeof words === 'function') return words(values);
  return words.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? `{${name}}`));
}

const NAMED = Object.freeze({
  'data-t': (/** @type {Element} */ element, /** @type {string} */ words) => (element.textContent = words),
  'data-t-label': (/** @type {Element} */ element, /** @type {string} */ words) =>
    element.setAttribute('aria-label', words),
  'data-t-title': (/** @type {Element} */ element, /** @type {string} */ words) =>
    element.setAttribute('title', words),
  'data-t-placeholder': (/** @type {Element} */ element, /** @type {string} */ words) =>
    element.setAttribute('placeholder', words),
  'data-t-role': (/** @type {Element} */ element, /** @type {string} */ words) =>
    element.setAttribute('aria-roledescription', words),
});

/** Fills in the words that elements ask for by name. @param {ParentNode} root */
export function translate(root) {
  for (const [attribute, fill] of Object.entries(NAMED)) {
    for (const element of root.querySelectorAll(`[${attribute}]`)) {
      fill(element, t(element.getAttribute(attribute) ?? ''));
    }
  }
}

/** Calls render now and whenever the language changes. @param {() => void} render */
export function inLanguage(render) {
  listeners.add(render);
  render();
}

/** What a class of the answering network is called: a digit where its data set has no names. @param {number} label */
export function className(label) {
  return hasClassNames() ? t(`class.${dataSet}-${label}`) : String(label);
}

export const hasClassNames = () => hasWords(`class.${dataSet}-0`);

/** Another network answers: the words become those of its data set. @param {string} name */
export function setDataSet(name) {
  if (name === dataSet) return;
  dataSet = name;
  document.documentElement.dataset.classes = hasClassNames() ? 'named' : 'digits';
  for (const render of listeners) render();
}

/** @param {Language} chosen */
export function setLanguage(chosen) {
  current = chosen;
  keep('language', chosen);
  document.documentElement.lang = chosen === 'zh' ? 'zh' : 'en';
  for (const render of listeners) render();
}

/** @type {Map<string, Intl.NumberFormat>} */
const formats = new Map();

/** @param {number} value @param {Intl.NumberFormatOptions} [options] */
export function number(value, options = {}) {
  const key = current + JSON.stringify(options);
  const format = formats.get(key) ?? new Intl.NumberFormat(current, options);
  formats.set(key, format);
  return format.format(value);
}

/** @param {number} share 0..1 @param {number} [digits] after the point */
export const percent = (share, digits = 1) =>
  number(share, { style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits });

/** A length of time in words. @param {number} seconds */
export function duration(seconds) {
  const whole = Math.round(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (h > 0) return t('time.hours', { h, m });
  return m > 0 ? t('time.minutes', { m, s }) : t('time.seconds', { s });
}

/** @param {number} bytes */
export function fileSize(bytes) {
  const digits = { maximumFractionDigits: bytes < 1e7 ? 1 : 0 };
  return bytes < 1e6
    ? t('size.kb', { n: number(Math.round(bytes / 1000)) })
    : t('size.mb', { n: number(bytes / 1e6, digits) });
}
