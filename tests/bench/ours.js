/** What is measured of this library: a call for each figure. Uses nothing of Node: pages run this file's source too. */

/** @typedef {typeof import('../../web/lib/index.js')} Library */
/** @typedef {import('../../web/lib/idx.js').LabelledImages} LabelledImages */

/**
 * @typedef {object} Material
 * @property {Uint8Array} model a safetensors file of the tutorial's network: H = 100
 * @property {LabelledImages} train at least 1,000 images
 * @property {LabelledImages} test all that are to be evaluated
 */

/** Where training starts from and how: models/recipes/tutorial.json. */
export const TUTORIAL = { batch: 50, learningRate: 1e-4, loss: 'double-softmax', epochs: 100_000 };
export const BATCH = 50;
export const LARGE_BATCH = 1000;

/** Images that are read one by one, in turn. */
const SINGLES = 100;

/** Each figure and how many images a call takes; 0: its time is what counts. */
export const FIGURES = Object.freeze({
  'training step': 0,
  'one image': 0,
  'images/s at B = 50': BATCH,
  'images/s at B = 1000': LARGE_BATCH,
});

/** @typedef {keyof typeof FIGURES} Figure */

/**
 * @param {LabelledImages} data
 * @param {number} count
 */
export function firstOf({ images, labels, rows, columns }, count) {
  const size = rows * columns;
  return {
    images: images.subarray(0, count * size),
    labels: labels.subarray(0, count),
    count,
    rows,
    columns,
  };
}

/**
 * @param {Library} lib
 * @param {{variant: string, threads: number}} options
 * @param {Material} material
 */
export async function prepareOurs(lib, { variant, threads }, { model, train, test }) {
  const engine = await lib.loadEngine({ variant, threads });
  const trained = engine.openNetwork(model, { batch: BATCH });
  const reader = engine.openNetwork(model, { batch: BATCH });
  const quantised = engine.openNetwork(model, { batch: BATCH });
  quantised.quantise();
  const trainer = trained.trainer(engine.createDataset(train), TUTORIAL);
  const small = engine.createDataset(firstOf(test, BATCH));
  const large = engine.createDataset(firstOf(test, LARGE_BATCH));
  const all = engine.createDataset(test);
  const size = test.rows * test.columns;
  // Others each time: what two images have in common is kept from one to the next.
  const singles = Array.from({ length: SINGLES }, (_, i) => test.images.slice(i * size, (i + 1) * size));
  let reads = 0;
  const reading = (/** @type {import('../../web/lib/network.js').Network} */ network) => ({
    'one image': () => network.predict(singles[reads++ % SINGLES]),
    'images/s at B = 50': () => network.evaluate(small, { sliceMs: 1e6 }),
    'images/s at B = 1000': () => network.evaluate(large, { sliceMs: 1e6 }),
  });
  return {
    name: `ours ${variant} ${threads}`,
    engine,
    reader,
    /** @type {Record<Figure, () => unknown>} */
    calls: {
      'training step': () => trainer.slice({ batches: 1 }),
      ...reading(reader),
    },
    /** The same with 8-bit weights. @type {Partial<Record<Figure, () => unknown>>} */
    quantised: reading(quantised),
    evaluateAll: () => reader.evaluate(all),
  };
}

/** @typedef {Awaited<ReturnType<typeof prepareOurs>>} Ours */
