/** The answer after each row: the output layer put on every hidden state. */

/**
 * @param {import('./lib/index.js').Network} network
 * @param {Uint8Array} pixels
 * @returns {Float32Array[]} the classes' probabilities after each row
 */
export function rowAnswers(network, pixels) {
  const { steps, hidden: units } = network.config;
  const { hidden } = network.forward(pixels, 1);
  const tensors = network.tensors();
  const weight = /** @type {{data: Float32Array}} */ (tensors.get('output.weight')).data;
  const bias = /** @type {{data: Float32Array}} */ (tensors.get('output.bias')).data;
  return Array.from({ length: steps }, (_, t) => {
    const state = hidden.subarray(t * units, (t + 1) * units);
    return softmax(
      bias.map((value, c) => state.reduce((sum, h, i) => sum + h * weight[c * units + i], value)),
    );
  });
}

/** @param {Float32Array} logits */
function softmax(logits) {
  const greatest = Math.max(...logits);
  const powers = logits.map((value) => Math.exp(value - greatest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((value) => value / sum);
}
