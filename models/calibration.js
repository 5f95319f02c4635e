/**
 * How far a network's probabilities can be taken at their word: the temperature that makes them honest, how far off
 * they are, and from where on an answer counts as sure.
 */

const BINS = 15;
const [COLDEST, HOTTEST] = [0.05, 20];
const NARROWINGS = 60; // of the search; each by 0.618

const LEAST_SURE = 0.5;
const MOST_SURE = 0.95;
/** Of the digits rightly read, so many may be called unsure. */
const UNSURE_SHARE = 0.01;

/**
 * Logits, row after row of `classes`, and what they should say.
 * @typedef {object} Answers
 * @property {Float32Array} logits
 * @property {ArrayLike<number>} labels
 * @property {number} classes
 */

/**
 * The answers of a network to images, in batches.
 * @param {import('../web/lib/index.js').Network} network
 * @param {import('./mnist.js').AnyImages} images
 * @returns {Answers}
 */
export function answersTo(network, { images, labels, count, rows, columns }) {
  const { classes, batch } = network.config;
  const size = rows * columns;
  const logits = new Float32Array(count * classes);
  for (let first = 0; first < count; first += batch) {
    const many = Math.min(batch, count - first);
    const part = network.forward(images.subarray(first * size, (first + many) * size), many);
    logits.set(part.logits, first * classes);
  }
  return { logits, labels, classes };
}

/** Softmax of row i over a temperature. @param {Answers} answers @param {number} i @param {number} temperature */
function probabilitiesOf({ logits, classes }, i, temperature) {
  const row = Array.from(logits.subarray(i * classes, (i + 1) * classes), (z) => z / temperature);
  const greatest = Math.max(...row);
  const powers = row.map((z) => Math.exp(z - greatest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/** Of each answer its probability, and whether it is right. @param {Answers} answers */
export function confidences(answers) {
  return Array.from(answers.labels, (label, i) => {
    const p = probabilitiesOf(answers, i, 1);
    const probability = Math.max(...p);
    return { probability, isRight: p[label] === probability };
  });
}

/**
 * Mean cross-entropy.
 * @param {Answers} answers
 * @param {number} temperature
 */
function crossEntropy(answers, temperature) {
  const { labels } = answers;
  let sum = 0;
  for (let i = 0; i < labels.length; i++) {
    sum -= Math.log(Math.max(probabilitiesOf(answers, i, temperature)[labels[i]], Number.MIN_VALUE));
  }
  return sum / labels.length;
}

/**
 * The temperature T for which softmax(logits / T) has the least cross-entropy (Guo, Pleiss, Sun and Weinberger 2017),
 * by golden-section search (Kiefer 1953) over its logarithm.
 * @param {Answers} answers to images that were not trained on
 */
export function fitTemperature(answers) {
  const golden = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [Math.log(COLDEST), Math.log(HOTTEST)];
  for (let i = 0; i < NARROWINGS; i++) {
    const [left, right] = [high - golden * (high - low), low + golden * (high - low)];
    if (crossEntropy(answers, Math.exp(left)) < crossEntropy(answers, Math.exp(right))) high = right;
    else low = left;
  }
  return Math.exp((low + high) / 2);
}

/**
 * The expected calibration error: in each of 15 bins of probability, how far accuracy and mean probability lie apart,
 * weighted by the bin's answers (Naeini, Cooper and Hauskrecht 2015).
 * @param {Answers} answers
 */
export function calibrationError(answers) {
  const bins = Array.from({ length: BINS }, () => ({ probability: 0, right: 0 }));
  const all = confidences(answers);
  for (const { probability, isRight } of all) {
    const bin = bins[Math.min(BINS - 1, Math.floor(probability * BINS))];
    bin.probability += probability;
    bin.right += Number(isRight);
  }
  return bins.reduce((sum, { probability, right }) => sum + Math.abs(right - probability), 0) / all.length;
}

/**
 * From which probability on an answer counts as sure: in hundredths, the highest below which lie at most 1 % of the
 * digits that are rightly read, but no less than 0.5 and no more than 0.95.
 * @param {Answers} answers to digits that were not trained on
 */
export function sureAbove(answers) {
  const right = confidences(answers).flatMap(({ probability, isRight }) => (isRight ? [probability] : []));
  right.sort((a, b) => a - b);
  const threshold = right[Math.floor(UNSURE_SHARE * right.length)] ?? LEAST_SURE;
  return Math.floor(100 * Math.min(Math.max(threshold, LEAST_SURE), MOST_SURE)) / 100;
}

/**
 * Divides the network's logits by a temperature: its last layer's weights, so that whoever uses the file has it.
 * @param {import('../web/lib/index.js').Network} network
 * @param {number} temperature
 */
export function cool(network, temperature) {
  const tensors = network.tensors();
  for (const name of ['output.weight', 'output.bias']) {
    const { data } = /** @type {import('../web/lib/safetensors.js').Tensor} */ (tensors.get(name));
    for (let i = 0; i < data.length; i++) data[i] /= temperature;
  }
  network.setTensors(tensors);
}
