/** The tab bar. On a wide window the drawing is always there; on a phone it is a tab like the others. */

import { byId, h } from './dom.js';
import { translate } from './language.js';

const wide = matchMedia('(min-width: 1000px)');

export class Tabs {
  /** @type {{id: string, tab: HTMLButtonElement, panel: HTMLElement}[]} */
  #all = [];
  #selected = 'draw';
  #bar = byId('tabs');

  constructor() {
    this.#add('draw', byId('draw'));
    this.#bar.addEventListener('keydown', (event) => this.#onKey(event));
    wide.addEventListener('change', () => this.#render());
  }

  /** Makes an empty panel and its tab. @param {string} id @returns {HTMLElement} */
  add(id) {
    const panel = h('section', { id, role: 'tabpanel', 'aria-labelledby': `tab-${id}`, class: 'panel' });
    byId('panels').append(panel);
    this.#add(id, panel);
    return panel;
  }

  /** @param {string} id @param {HTMLElement} panel */
  #add(id, panel) {
    const tab = h(
      'button',
      { type: 'button', role: 'tab', id: `tab-${id}`, 'aria-controls': id, onclick: () => this.select(id) },
      h('span', { 'data-t': `tab.${id}` }),
    );
    this.#bar.append(tab);
    translate(tab);
    this.#all.push({ id, tab, panel });
    this.#render();
  }

  /** @param {string} id */
  select(id) {
    this.#selected = id;
    this.#render();
  }

  /** Those that can be chosen now. */
  get #choices() {
    return wide.matches ? this.#all.slice(1) : this.#all;
  }

  #render() {
    const choices = this.#choices;
    const current = choices.find(({ id }) => id === this.#selected) ?? choices[0];
    for (const { id, tab, panel } of this.#all) {
      const selected = id === current?.id;
      tab.setAttribute('aria-selected', String(selected));
      tab.tabIndex = selected ? 0 : -1;
      tab.hidden = !choices.some((choice) => choice.id === id);
      panel.hidden = !selected && !tab.hidden;
    }
    if (current) document.body.dataset.panel = current.id;
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const choices = this.#choices;
    const at = choices.findIndex(({ tab }) => tab === document.activeElement);
    const last = choices.length - 1;
    /** @type {Record<string, number>} */
    const targets = {
      ArrowRight: at === last ? 0 : at + 1,
      ArrowLeft: at === 0 ? last : at - 1,
      Home: 0,
      End: last,
    };
    const target = targets[event.key];
    if (at < 0 || target === undefined) return;
    event.preventDefault();
    this.select(choices[target].id);
    choices[target].tab.focus();
  }
}
