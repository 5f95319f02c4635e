/** What a training told so far, as the charts show it: thinned, so that a long one stays quick to draw. */

const MOST_POINTS = 480;
/** That a point stands for: a single one would only show noise. */
const LEAST_BATCHES = 4;

/** @typedef {{iteration: number, loss: number, accuracy: number, batches: number}} Point */

export class History {
  /** Means over the batches up to each iteration. @type {Point[]} */
  points = [];
  /** @type {{iteration: number, accuracy: number}[]} */
  tests = [];
  #last = 0;
  /** Batches that a point stands for: doubled when there are too many points. */
  #width = LEAST_BATCHES;

  clear() {
    this.points = [];
    this.tests = [];
    this.#last = 0;
    this.#width = LEAST_BATCHES;
  }

  /** @param {import('../protocol.js').TrainingStatus} status @returns {boolean} there is something new */
  add({ iteration, sliceLoss: loss, sliceAccuracy: accuracy }) {
    if (iteration <= this.#last || !Number.isFinite(loss)) return false;
    const point = { iteration, loss, accuracy, batches: iteration - this.#last };
    this.#last = iteration;
    const previous = this.points.at(-1);
    if (previous && previous.batches < this.#width)
      this.points[this.points.length - 1] = join(previous, point);
    else this.points.push(point);
    if (this.points.length > MOST_POINTS) this.#halve();
    return true;
  }

  /** @param {import('../protocol.js').EpochResult} result */
  addTest({ iteration, accuracy }) {
    this.tests.push({ iteration, accuracy });
  }

  #halve() {
    /** @type {Point[]} */
    const joined = [];
    for (let i = 0; i < this.points.length; i += 2) {
      const second = this.points[i + 1];
      joined.push(second ? join(this.points[i], second) : this.points[i]);
    }
    this.points = joined;
    this.#width = Math.max(2 * this.#width, joined[0].batches);
  }

  /** x and y of the loss. @returns {[number[], number[]]} */
  lossData() {
    return [this.points.map((point) => point.iteration), this.points.map((point) => point.loss)];
  }

  /**
   * x, training and test accuracy; null where there is none.
   * @returns {[number[], (number | null)[], (number | null)[]]}
   */
  accuracyData() {
    /** @type {Map<number, {train: number | null, test: number | null}>} */
    const at = new Map(
      this.points.map(({ iteration, accuracy }) => [iteration, { train: accuracy, test: null }]),
    );
    for (const { iteration, accuracy } of this.tests) {
      at.set(iteration, { train: at.get(iteration)?.train ?? null, test: accuracy });
    }
    const sorted = [...at].sort(([a], [b]) => a - b);
    return [sorted.map(([x]) => x), sorted.map(([, y]) => y.train), sorted.map(([, y]) => y.test)];
  }
}

/** @param {Point} a @param {Point} b @returns {Point} */
function join(a, b) {
  const batches = a.batches + b.batches;
  const mean = (/** @type {number} */ x, /** @type {number} */ y) =>
    (x * a.batches + y * b.batches) / batches;
  return {
    iteration: b.iteration,
    loss: mean(a.loss, b.loss),
    accuracy: mean(a.accuracy, b.accuracy),
    batches,
  };
}
