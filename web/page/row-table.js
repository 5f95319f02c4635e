/** A table with a line for each row of the image; a cell has its exact value as data-value. */

import { h, setText } from './dom.js';
import { t } from './language.js';

/**
 * @typedef {object} Column
 * @property {string} name in words
 * @property {Record<string, string>} data its cells carry as data-... beside data-row, from 1
 * @property {(row: number) => number} valueAt from 0
 */

export class RowTable {
  #format;
  #caption = h('caption');
  #head = h('tr');
  #body = h('tbody');
  /** @type {HTMLTableCellElement[]} */
  #cells = [];
  #shape = '';

  /** @param {string} id @param {(value: number) => string} format */
  constructor(id, format) {
    this.#format = format;
    const table = h('table', { id }, this.#caption, h('thead', {}, this.#head), this.#body);
    this.root = h('div', { class: 'table-box', tabindex: 0, role: 'group' }, table);
  }

  /** @param {string} caption @param {Column[]} columns @param {number} rows */
  show(caption, columns, rows) {
    setText(this.#caption, caption);
    this.root.setAttribute('aria-label', caption);
    const shape = JSON.stringify([rows, ...columns.map(({ data }) => data)]);
    if (shape !== this.#shape) this.#build(columns, rows);
    this.#shape = shape;
    const heads = [t('look.row'), ...columns.map(({ name }) => name)];
    this.#head.replaceChildren(...heads.map((name) => h('th', { scope: 'col' }, name)));
    this.#cells.forEach((cell, i) => {
      const value = columns[i % columns.length].valueAt(Math.floor(i / columns.length));
      cell.dataset.value = String(value);
      setText(cell, this.#format(value));
    });
  }

  /** @param {Column[]} columns @param {number} rows */
  #build(columns, rows) {
    this.#cells = [];
    const lines = Array.from({ length: rows }, (_, row) => {
      const cells = columns.map(({ data }) => {
        const cell = h('td', { 'data-row': row + 1 });
        Object.assign(cell.dataset, data);
        return cell;
      });
      this.#cells.push(...cells);
      return h('tr', {}, h('th', { scope: 'row' }, String(row + 1)), ...cells);
    });
    this.#body.replaceChildren(...lines);
  }
}
