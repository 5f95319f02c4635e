/** The panel Draw: sketch, easel, tools, what the network reads, and its answer. */

import { AnswerView } from './answer.js';
import { byId, setText } from './dom.js';
import { Easel } from './easel.js';
import { Example } from './example.js';
import { DATA_SETS, DEFAULT_DATA_SET } from '../lib/data-sets.js';
import { hasClassNames, inLanguage, setDataSet, t } from './language.js';
import { Reading } from './reading.js';
import { SamplePictures } from './sample-pictures.js';
import { Sketch } from './sketch.js';

/** @typedef {import('../protocol.js').Answer} Answer */

/** A screen reader says the answer when nothing was drawn for so long. */
const SILENCE_MS = 700;
/** While a network trains, the answer to the same drawing follows it so often. */
const FOLLOW_MS = 250;

export class DrawingPanel {
  #engine;
  #reading = new Reading();
  #answer = new AnswerView();
  #sketch = new Sketch((change) => this.#changed(change));
  #easel = new Easel(byId('drawing', HTMLCanvasElement), this.#sketch);
  #example;
  #pictures;
  /** Of the network that answers. */
  #dataSet = DEFAULT_DATA_SET;
  #centre = byId('centre', HTMLInputElement);
  /** An example is read row by row: the answers to the whole drawing wait. */
  #sweeping = false;
  #silence = 0;
  #followed = 0;
  #ready = false;

  /** @param {import('../engine.js').Engine} engine */
  constructor(engine) {
    this.#engine = engine;
    this.#example = new Example(
      this.#sketch,
      () => engine.read(this.#drawing(), { traced: true }),
      (answer, row) => this.#showRow(answer, row),
    );
    engine.on('answer', (answer) => this.#show(answer));
    this.#pictures = new SamplePictures(engine, (picture) => this.#playExample(picture));
    engine.on('model', (model) => this.#use(model));
    engine.on('training', () => this.#follow());
    this.#setUpTools();
    inLanguage(() => this.#renderWords());
  }

  /** The engine is there: the example begins, unless somebody draws already. */
  start() {
    this.#ready = true;
    if (this.#sketch.isEmpty && !this.#sketch.canUndo) this.#playExample();
    else this.#readAgain();
  }

  /** @param {import('../protocol.js').ModelInfo} model */
  async #use({ sureAbove, dataSet }) {
    this.#answer.setSureAbove(sureAbove);
    if (dataSet === this.#dataSet) {
      this.#readAgain();
      return;
    }
    this.#dataSet = dataSet;
    setDataSet(dataSet);
    this.#renderWords();
    await this.#pictures.use(dataSet);
    if (dataSet !== this.#dataSet) return;
    const isUntouched = this.#sketch.isEmpty && !this.#sketch.canUndo;
    if (this.#ready && (this.#sketch.isExample || isUntouched)) this.#playExample();
    else this.#readAgain();
  }

  /** Drawings are centred as the images were that the network was trained on. */
  get #isCentred() {
    return this.#centre.checked && DATA_SETS[this.#dataSet].centred;
  }

  #drawing() {
    const { picture } = this.#sketch;
    return { strokes: this.#sketch.snapshot(), centre: this.#isCentred, picture };
  }

  /** @param {Uint8Array | null} [picture] default: the next sample */
  async #playExample(picture = this.#pictures.next()) {
    this.#endSweep();
    if (!picture && hasClassNames()) {
      // There is none: a digit would be no example.
      if (this.#sketch.isExample) this.#sketch.clear();
      return;
    }
    try {
      await this.#example.play(picture);
    } catch {
      // The worker is gone; the page tells that by itself.
    }
    this.#renderWords();
    this.#speakSoon();
  }

  /** @param {'moving' | 'settled'} change */
  #changed(change) {
    if (!this.#sketch.isExample) {
      this.#example.cancel();
      this.#endSweep();
    }
    this.#easel.repaint();
    this.#readAgain();
    this.#renderWords();
    byId('undo', HTMLButtonElement).disabled = !this.#sketch.canUndo;
    clearTimeout(this.#silence);
    if (change === 'settled') this.#speakSoon();
  }

  #readAgain() {
    if (this.#ready && !this.#sweeping) this.#engine.readLatest(this.#drawing());
  }

  #follow() {
    const now = performance.now();
    if (now - this.#followed < FOLLOW_MS || this.#sketch.isEmpty) return;
    this.#followed = now;
    this.#readAgain();
  }

  /** @param {Answer} answer */
  #show({ pixels, blank, probabilities }) {
    if (this.#sweeping) return;
    this.#reading.show(pixels);
    if (blank) this.#answer.show('blank');
    else if (probabilities) this.#answer.show('answer', probabilities);
    else this.#answer.show('no-network');
  }

  /** @param {Answer} answer @param {number | null} row */
  #showRow(answer, row) {
    const { trace } = answer;
    if (row === null || !trace) {
      this.#endSweep();
      this.#show(answer);
      return;
    }
    this.#sweeping = true;
    this.#reading.show(answer.pixels);
    this.#reading.markRow(row);
    const values = { row: row + 1, rows: trace.steps };
    const digits = trace.probabilities.length / trace.steps;
    const probabilities = trace.probabilities.subarray(row * digits, (row + 1) * digits);
    this.#answer.show('answer', probabilities, () => t('answer.row', values));
  }

  #endSweep() {
    this.#sweeping = false;
    this.#reading.markRow(null);
  }

  #speakSoon() {
    clearTimeout(this.#silence);
    this.#silence = window.setTimeout(() => setText(byId('spoken'), this.#answer.spoken), SILENCE_MS);
  }

  #renderWords() {
    const { isEmpty, isExample, isDrawing } = this.#sketch;
    setText(
      byId('drawing-hint'),
      isExample ? t('draw.example') : isEmpty && !isDrawing ? t('draw.hint') : '',
    );
    const raw = this.#sketch.picture ? 'read.note-picture' : 'read.note-raw';
    setText(byId('reading-note'), t(this.#isCentred ? 'read.note' : raw));
    byId('reading').parentElement?.classList.toggle('centred', this.#isCentred);
    byId('centre-switch').hidden = !DATA_SETS[this.#dataSet].centred;
  }

  #setUpTools() {
    const tools = /** @type {const} */ (['pen', 'eraser']);
    for (const tool of tools) {
      byId(tool).addEventListener('click', () => {
        this.#easel.tool = tool;
        for (const other of tools) byId(other).setAttribute('aria-pressed', String(other === tool));
      });
    }
    byId('undo').addEventListener('click', () => this.#sketch.undo());
    byId('clear').addEventListener('click', () => this.#sketch.clear());
    byId('sample').addEventListener('click', () => this.#playExample());
    this.#centre.addEventListener('change', () => {
      this.#endSweep();
      this.#example.cancel();
      this.#readAgain();
      this.#renderWords();
    });
    document.addEventListener('keydown', (event) => {
      const typing = event.target instanceof HTMLInputElement && event.target.type !== 'checkbox';
      if (typing || event.key.toLowerCase() !== 'z' || event.shiftKey || !(event.ctrlKey || event.metaKey))
        return;
      event.preventDefault();
      this.#sketch.undo();
    });
  }
}
