/** Pictures to try, for networks that read no digits: ten to pick from, and the next one of all. */

import { DEFAULT_DATA_SET } from '../lib/data-sets.js';
import { byId, h, setText } from './dom.js';
import { className, inLanguage, t } from './language.js';
import { errorText } from './notices.js';
import { paintPixels, SIDE } from './pixels.js';
import { onTheme } from './theme.js';

const SHOWN = 10;
const PIXELS = SIDE * SIDE;

export class SamplePictures {
  #engine;
  #pick;
  #root = byId('samples');
  #note = byId('samples-note');
  /** @type {import('../protocol.js').SamplePictures | null} */
  #pictures = null;
  /** @type {unknown} why there are none */
  #problem = null;
  #wanted = false;
  #next = 0;
  /** @type {HTMLCanvasElement[]} */
  #canvases = [];

  /** @param {import('../engine.js').Engine} engine @param {(picture: Uint8Array) => void} pick */
  constructor(engine, pick) {
    this.#engine = engine;
    this.#pick = pick;
    onTheme(() => this.#paint());
    inLanguage(() => this.#render());
  }

  /** Another network answers. Resolves when there is something to pick, or nothing. @param {string} dataSet */
  async use(dataSet) {
    this.#wanted = dataSet !== DEFAULT_DATA_SET;
    if (this.#wanted && !this.#pictures) {
      try {
        this.#problem = null;
        this.#pictures = await this.#engine.samples();
        this.#build(this.#pictures);
      } catch (error) {
        this.#problem = error;
      }
    }
    this.#render();
  }

  /** The next picture, or null where digits are read or there are none. */
  next() {
    if (!this.#wanted || !this.#pictures) return null;
    const count = this.#pictures.labels.length;
    return this.#picture(this.#next++ % count);
  }

  /** @param {number} i */
  #picture(i) {
    return this.#pictures?.images.slice(i * PIXELS, (i + 1) * PIXELS) ?? new Uint8Array(PIXELS);
  }

  /** @param {import('../protocol.js').SamplePictures} pictures */
  #build({ labels }) {
    const buttons = Array.from({ length: Math.min(SHOWN, labels.length) }, (_, i) => {
      const canvas = h('canvas', { width: SIDE, height: SIDE, 'aria-hidden': 'true' });
      this.#canvases.push(canvas);
      const onclick = () => {
        this.#next = i + 1;
        this.#pick(this.#picture(i));
      };
      return h('button', { type: 'button', 'data-class': labels[i], onclick }, canvas);
    });
    this.#root.replaceChildren(...buttons);
    this.#paint();
  }

  #paint() {
    this.#canvases.forEach((canvas, i) => paintPixels(canvas, this.#picture(i)));
  }

  #render() {
    this.#root.hidden = !this.#wanted || !this.#pictures;
    this.#note.hidden = !this.#wanted || !this.#problem;
    setText(this.#note, this.#problem ? errorText(this.#problem) : '');
    if (this.#root.hidden) return;
    for (const button of this.#root.children) {
      const name = className(Number(/** @type {HTMLElement} */ (button).dataset.class));
      button.setAttribute('aria-label', t('draw.sample-of', { name }));
      button.setAttribute('title', name);
    }
  }
}
