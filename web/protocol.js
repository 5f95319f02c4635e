/**
 * The messages between the page (engine.js) and its worker (worker.js): their names and shapes, in one
 * place. The page sends {id, type, ...}; the worker answers each once with {id, value} or {id, error},
 * and tells of what happens by itself with {event, value}.
 */

export const REQUEST = Object.freeze({
  THREADS: 'threads', // {ports}: the engine's threads; the engine is loaded when they are there
  START: 'start', // -> EngineInfo
  READ: 'read', // ReadRequest -> Answer
  SAMPLES: 'samples', // -> SamplePictures of Fashion-MNIST
  OPEN_FILE: 'open-file', // {name, bytes} -> ModelInfo
  OPEN_PRETRAINED: 'open-pretrained', // {file} -> ModelInfo
  SAVE: 'save', // -> SavedModel
  USE_FILES: 'use-files', // {files} -> DataInfo
  TRAIN: 'train', // {settings}: a new network, trained until it is done or stopped
  TRAIN_BATCH: 'train-batch', // {settings}: one batch, of a new network when none is in training
  PAUSE: 'pause',
  RESUME: 'resume',
  STOP: 'stop',
  GO_BACK: 'go-back', // to the weights of the last epoch's end
  COMPARE: 'compare', // CompareRequest -> Comparison
  TRAIN_COMPARED: 'train-compared', // trains the compared networks anew, one after the other
  CANCEL_COMPARED: 'cancel-compared',
});

export const EVENT = Object.freeze({
  MODEL: 'model', // ModelInfo: another network answers now, or its accuracy became known
  TRAINING: 'training', // TrainingStatus
  EPOCH: 'epoch', // EpochResult
  COMPARED_TRAINING: 'compared-training', // ComparedTraining
});

/**
 * An error as it crosses the border. `code` and `details` let the page say it in its language;
 * `message` is the English sentence.
 * @typedef {object} PlainError
 * @property {string} code
 * @property {string} message
 * @property {Record<string, any>} details
 */

/**
 * @typedef {object} EngineInfo
 * @property {string} variant
 * @property {boolean} simd
 * @property {number} threads
 * @property {boolean} isolated the site is cross-origin isolated
 * @property {Pretrained[]} pretrained
 * @property {PlainError | null} problem why no pretrained network was opened
 */

/**
 * An entry of build/models/index.json.
 * @typedef {object} Pretrained
 * @property {string} file
 * @property {number} bytes
 * @property {string} cell
 * @property {string} activation
 * @property {number} hidden
 * @property {number} layers
 * @property {number} parameters
 * @property {number | null} accuracy
 * @property {string | null} recipe
 * @property {boolean} compared one of the networks that "Why LSTM?" compares
 * @property {string} dataSet what it reads: a name in lib/data-sets.js
 * @property {boolean} [default] opened with the page
 */

/**
 * A drawing in units of the canvas' side.
 * @typedef {object} Drawing
 * @property {import('./lib/engine.js').Stroke[]} strokes
 * @property {boolean} centre as MNIST did
 * @property {Uint8Array | null} [picture] 28 x 28, read as it is in place of the strokes
 */

/**
 * @typedef {object} SamplePictures
 * @property {Uint8Array} images of 28 x 28, one after the other
 * @property {Uint8Array} labels
 */

/**
 * @typedef {object} ReadRequest
 * @property {Drawing} drawing
 * @property {boolean} [traced] also what went on inside
 */

/**
 * @typedef {object} Answer
 * @property {Uint8Array} pixels 28 x 28, what the network reads
 * @property {boolean} blank
 * @property {number | null} label null: blank, or no network
 * @property {Float32Array | null} probabilities of the ten digits
 * @property {Trace | null} trace
 */

/**
 * What went on inside a network while it read: after each row the answer had it stopped there, and each
 * layer's signals (gates, candidate, states) by name.
 * @typedef {object} Trace
 * @property {string} cell
 * @property {number} hidden units of a layer
 * @property {number} steps 28, or 1 for a network that reads all rows at once
 * @property {Float32Array} probabilities steps x 10
 * @property {Record<string, Float32Array>[]} layers each steps x hidden
 */

/**
 * @typedef {object} ModelInfo
 * @property {string} name the file's, or '' for a network trained here
 * @property {'pretrained' | 'file' | 'trained'} origin
 * @property {string} cell
 * @property {string} activation
 * @property {number} hidden
 * @property {number} layers
 * @property {number} parameters
 * @property {number | null} accuracy on the test images; null: not known
 * @property {string} recipe
 * @property {string} dataSet what it was trained on: a name in lib/data-sets.js
 * @property {number | null} sureAbove an answer of a lower probability is not sure; null: the file does not say
 */

/**
 * @typedef {object} SavedModel
 * @property {string} name
 * @property {Uint8Array} bytes
 */

/**
 * @typedef {object} DataFileBytes
 * @property {string} name
 * @property {Uint8Array} bytes
 */

/**
 * @typedef {object} DataInfo
 * @property {number} train
 * @property {number} test
 * @property {boolean} ownTest false: tested on the bundled images
 * @property {string} dataSet a name in lib/data-sets.js, by the labels to train on
 */

/** @typedef {'bundled' | 'full' | 'fashion' | 'own'} DataSource */

/**
 * @typedef {object} TrainSettings
 * @property {string} recipe its name, 'custom' when changed
 * @property {{cell: string, activation: string, hidden: number, layers: number, forgetBias: number}} network
 * @property {{batch: number, epochs: number, learningRate: number, loss: string, schedule: string,
 *   clipNorm: number}} training
 * @property {number} seed
 * @property {DataSource} data
 * @property {number | null} stopAt a test accuracy, 0..1
 */

/** @typedef {'idle' | 'running' | 'paused' | 'done' | 'failed'} TrainState */

/**
 * @typedef {object} TrainingStatus
 * @property {TrainState} state
 * @property {'loading' | 'training' | 'testing' | ''} phase
 * @property {boolean} begun a network was made for this run
 * @property {number} epoch finished ones
 * @property {number} epochs
 * @property {number} batch of the epoch under way
 * @property {number} batchesPerEpoch
 * @property {number} iteration batches trained in all
 * @property {number} sliceLoss mean since the last status with another iteration; NaN: none yet
 * @property {number} sliceAccuracy
 * @property {number} imagesPerSecond 0: not known yet
 * @property {number} secondsLeft NaN: not known yet
 * @property {number} tested share of the test images, 0..1, while testing
 * @property {boolean} reached stopped because the wanted accuracy was reached
 * @property {PlainError | null} error why it failed
 */

/**
 * @typedef {object} EpochResult
 * @property {number} epoch from 0
 * @property {number} iteration
 * @property {number} accuracy on the test images
 * @property {number} loss mean over the epoch's training images
 */

/**
 * The networks that "Why LSTM?" compares, by the names of their recipes.
 * @type {readonly ComparedName[]}
 */
export const COMPARED = Object.freeze(['feedforward', 'rnn-tanh', 'rnn-linear', 'lstm', 'lstm-peephole']);

/** @typedef {'feedforward' | 'rnn-tanh' | 'rnn-linear' | 'lstm' | 'lstm-peephole'} ComparedName */

/** @typedef {'before' | 'after' | 'here'} Stage untrained, as shipped, or trained in this tab */

/**
 * @typedef {object} CompareRequest
 * @property {Uint8Array} pixels 28 x 28
 * @property {Stage} stage
 * @property {number} recurrentScale what the recurrent weights are multiplied by
 * @property {number} forgetBias
 * @property {number | null} label that the loss asks for; null: each network's own answer
 * @property {{row: number, column: number}} dot from 0
 */

/**
 * Gradients are norms, row by row, as the library's gradientFlow() gives them.
 * @typedef {object} Compared
 * @property {ComparedName} name
 * @property {number} steps 1: reads all rows at once
 * @property {number | null} accuracy on the test images with its weights as they were; null: not known
 * @property {number} answer
 * @property {number} probability of the answer
 * @property {number} loss
 * @property {number | null} forget mean of the forget gate; null: it has none
 * @property {Float64Array} input |dL/dx_t| of each row
 * @property {Float64Array} hidden |dL/dh_t| of each step
 * @property {Float64Array | null} cell |dL/dc_t|; null: it has no cell state
 * @property {{hidden: number | null, cell: number | null}} halfLife in rows; null: nothing to measure
 * @property {Memory} memory
 */

/**
 * What a dot does to the states from its row on.
 * @typedef {object} Memory
 * @property {boolean} added false: there was ink, and it was taken away
 * @property {Float64Array} hidden |change of h_t| of each step
 * @property {Float64Array | null} cell |change of c_t|
 * @property {number} answer with the dot
 * @property {number} probability of the answer without the dot, now
 */

/**
 * @typedef {object} Comparison
 * @property {CompareRequest} request
 * @property {Compared[]} networks those that are there, in the order of COMPARED
 */

/**
 * @typedef {object} ComparedTraining
 * @property {'idle' | 'running' | 'waiting' | 'done' | 'failed'} state waiting: for the panel Train's training
 * @property {ComparedName | null} name under training
 * @property {number} done share of all, 0..1
 * @property {Partial<Record<ComparedName, number>>} accuracies on the test images, of those that are trained
 * @property {number} images
 * @property {number} epochs
 * @property {number} learningRate
 * @property {PlainError | null} error why it failed
 */

/** @param {unknown} error @returns {PlainError} */
export function toPlainError(error) {
  const { code, message, details } = /** @type {Record<string, any>} */ (error ?? {});
  const text = typeof message === 'string' ? message : String(error);
  return typeof code === 'string'
    ? { code, message: text, details: details ?? {} }
    : { code: 'unexpected', message: text, details: { reason: text } };
}
