/** The ideas as pictures: the feedback loop, and an LSTM's cell with its gates and its peepholes. */

import { h, svg } from './dom.js';

/** @param {number} x @param {number} y @param {number} width @param {number} height @param {string} [kind] */
const box = (x, y, width, height, kind = '') =>
  svg('rect', { class: `d-box ${kind}`, x, y, width, height, rx: 5 });

/** @param {string} d @param {string} [kind] */
const way = (d, kind = '') => svg('path', { class: `d-way ${kind}`, d });

/** A way with an arrow at its end. @param {string} d @param {string} [kind] */
const arrow = (d, kind = '') => {
  const path = way(d, kind);
  path.setAttribute('marker-end', `url(#${kind || 'd-way'}-head)`);
  return path;
};

/** A symbol, the same in every language. @param {number} x @param {number} y @param {string} text @param {string} [kind] */
const symbol = (x, y, text, kind = '') =>
  svg('text', { class: `d-symbol ${kind}`, x, y, translate: 'no' }, text);

/** @param {number} x @param {number} y @param {string} key @param {string} [kind] */
const words = (x, y, key, kind = '') => svg('text', { class: `d-words ${kind}`, x, y, 'data-t': key });

/** Where two signals meet: × or +. @param {number} x @param {number} y @param {string} sign */
const node = (x, y, sign) => [svg('circle', { class: 'd-node', cx: x, cy: y, r: 9 }), symbol(x, y, sign)];

/** The arrows' heads, by kind of way: they are once on the page, for all pictures. */
function arrowHeads() {
  const heads = ['d-way', 'd-state', 'd-loop'].map((kind) =>
    svg(
      'marker',
      {
        ...{ id: `${kind}-head`, markerWidth: 11, markerHeight: 11, refX: 9, refY: 5.5, orient: 'auto' },
        markerUnits: 'userSpaceOnUse',
      },
      svg('path', { d: 'M0 0.5L11 5.5L0 10.5z', class: `d-head ${kind}` }),
    ),
  );
  return svg('defs', {}, ...heads);
}

/** @param {string} key @param {SVGElement} picture @param {...Node} rest */
function figure(key, picture, ...rest) {
  return h('figure', { class: 'diagram' }, h('h3', { 'data-t': key }), picture, ...rest);
}

function feedback() {
  const picture = svg(
    'svg',
    { viewBox: '0 0 340 196', role: 'img', 'data-t-label': 'diagram.feedback-label' },
    arrowHeads(),
    words(80, 188, 'diagram.all-rows'),
    arrow('M80 172V136'),
    box(30, 100, 100, 36),
    words(80, 123, 'diagram.hidden'),
    arrow('M80 100V62'),
    box(30, 26, 100, 36),
    words(80, 49, 'diagram.answer'),
    words(80, 14, 'diagram.feedforward', 'd-title'),
    words(240, 188, 'diagram.one-row'),
    arrow('M240 172V136'),
    box(190, 100, 100, 36),
    words(240, 123, 'diagram.hidden'),
    arrow('M240 100V62'),
    box(190, 26, 100, 36),
    words(240, 49, 'diagram.answer'),
    words(240, 14, 'diagram.recurrent', 'd-title'),
    arrow('M262 100V82H316V156H262V136', 'd-loop'),
  );
  return figure(
    'diagram.feedback-title',
    picture,
    h('p', { class: 'note', 'data-t': 'diagram.feedback-text' }),
  );
}

/** What each letter of the cell's picture stands for. */
const PARTS = Object.freeze({ i: 'input', j: 'candidate', f: 'forget', o: 'output', c: 'cell', h: 'hidden' });

function cellPicture() {
  const gate = (/** @type {number} */ x, /** @type {string} */ letter) => [
    box(x - 17, 122, 34, 26, 'd-gate'),
    symbol(x, 135, letter, 'd-letter'),
  ];
  return svg(
    'svg',
    { viewBox: '0 0 360 236', role: 'img', 'data-t-label': 'diagram.cell-label' },
    box(44, 28, 270, 166, 'd-cell'),
    // what enters: the last output and the row
    way('M8 172H256'),
    arrow('M84 222V176'),
    ...[100, 158, 206, 256].map((x) => arrow(`M${x} 172V149`)),
    // the cell state, all the way through
    arrow('M8 60H352', 'd-state'),
    way('M100 122V69'),
    way('M158 122V96H173'),
    way('M206 122V96H191'),
    way('M182 87V69'),
    // the output
    arrow('M292 60V84'),
    way('M292 108V126'),
    way('M273 135H283'),
    way('M292 144V172'),
    arrow('M292 172H352'),
    ...[
      way('M64 60V135H82', 'd-peephole'),
      way('M64 135V160H128V135H140', 'd-peephole'),
      way('M250 60V121', 'd-peephole'),
    ],
    ...gate(100, 'f'),
    ...gate(158, 'i'),
    ...gate(206, 'j'),
    ...gate(256, 'o'),
    box(272, 85, 40, 23, 'd-gate'),
    symbol(292, 97, 'tanh'),
    ...[...node(100, 60, '×'), ...node(182, 60, '+'), ...node(182, 96, '×'), ...node(292, 135, '×')],
    symbol(20, 48, 'c', 'd-letter'),
    symbol(340, 48, 'c', 'd-letter'),
    symbol(20, 186, 'h', 'd-letter'),
    symbol(340, 186, 'h', 'd-letter'),
    words(84, 232, 'diagram.row'),
    words(26, 24, 'diagram.before'),
    words(334, 24, 'diagram.now'),
  );
}

function cell() {
  const peepholes = h('input', { type: 'checkbox', role: 'switch', id: 'peepholes' });
  const legend = h('dl', { class: 'd-legend' });
  for (const [letter, part] of Object.entries(PARTS)) {
    legend.append(h('div', {}, h('dt', { translate: 'no' }, letter), h('dd', { 'data-t': `part.${part}` })));
  }
  const root = figure(
    'diagram.cell-title',
    cellPicture(),
    h('label', { class: 'switch' }, peepholes, h('span', { 'data-t': 'diagram.peepholes' })),
    legend,
  );
  peepholes.addEventListener('change', () => root.classList.toggle('with-peepholes', peepholes.checked));
  return root;
}

export const createDiagrams = () => h('div', { class: 'diagrams' }, feedback(), cell());
