/** Messages at the top of the page, and the words for the engine's errors. */

import { byId, h } from './dom.js';
import { hasWords, inLanguage, t, translate } from './language.js';

/** @param {any} details */
function readable(details) {
  const entries = Object.entries(details ?? {}).map(([name, value]) => [
    name,
    Array.isArray(value) ? `[${value.join(', ')}]` : value,
  ]);
  return Object.fromEntries(entries);
}

/**
 * An error in the language of the page; in English where it has no words for its code.
 * @param {unknown} error
 */
export function errorText(error) {
  const { code, message, details } = /** @type {Record<string, any>} */ (error);
  const key = `error.${code}`;
  if (!hasWords(key)) return t('error.unexpected', { reason: String(message ?? error).replace(/\.$/, '') });
  const smaller = details?.hidden ? Math.max(1, Math.floor(details.hidden / 4)) : undefined;
  return t(key, { ...readable(details), smaller });
}

/**
 * Shows a message until it is closed.
 * @param {() => string} words called again when the language changes
 * @param {{kind?: 'error' | 'info', action?: {key: string, run: () => void}}} [options]
 */
export function notice(words, { kind = 'info', action } = {}) {
  const text = h('p');
  const close = h('button', {
    type: 'button',
    class: 'quiet',
    'data-t-label': 'notice.close',
    onclick: () => box.remove(),
  });
  close.append('×');
  const run = action && h('button', { type: 'button', 'data-t': action.key, onclick: action.run });
  const box = h('div', { class: `notice ${kind}`, role: kind === 'error' ? 'alert' : 'status' }, text);
  box.append(...(run ? [run] : []), close);
  byId('notices').append(box);
  inLanguage(() => {
    text.textContent = words();
    translate(box);
  });
}
