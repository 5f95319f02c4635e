/**
 * lstm-wasm: trains and runs small LSTMs in WebAssembly, in a browser or in Node.
 *
 *   const engine = await loadEngine();
 *   const network = engine.createNetwork({ inputs: 28, steps: 28, hidden: 100, classes: 10 });
 *   const data = engine.createDataset({ images, labels });
 *   await network.trainer(data, { epochs: 3 }).run();
 *   network.predict(image).label;
 */

export * from './data-sets.js';
export { Dataset, NO_CLASS } from './dataset.js';
export { DIGIT_SIDE, Engine, loadEngine } from './engine.js';
export * from './errors.js';
export { gunzip, joinIdx, parseIdx, readIdx, readLabelledImages } from './idx.js';
export { supportedVariants, VARIANTS } from './module.js';
export { Network } from './network.js';
export { PRECISIONS, readSafetensors, writeSafetensors } from './safetensors.js';
export {
  ACTIVATIONS,
  AUGMENT_FIELDS,
  CELLS,
  CELLS_WITH_ACTIVATION,
  checkAugment,
  checkNetwork,
  checkRecipe,
  checkSettings,
  describeField,
  fieldAllows,
  LOSSES,
  NETWORK_FIELDS,
  REFINEMENT_FIELDS,
  SCHEDULES,
  TRAINING_FIELDS,
} from './settings.js';
export { createThreadWorkers, MAX_THREADS } from './threads.js';
export { Trainer } from './trainer.js';
