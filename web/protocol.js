/**
 * The messages between the page (engine.js) and its worker (worker.js): their names and shapes, in one
 * place. The page sends {id, type, ...}; the worker answers each once with {id, value} or {id, error},
 * and tells of what happens by itself with {event, value}.
 */

export const REQUEST = Object.freeze({
  START: 'start', // -> EngineInfo
  READ: 'read', // ReadRequest -> Answer
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
});

export const EVENT = Object.freeze({
  MODEL: 'model', // ModelInfo: another network answers now, or its accuracy became known
  TRAINING: 'training', // TrainingStatus
  EPOCH: 'epoch', // EpochResult
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
 * @property {number} hidden
 * @property {number} parameters
 * @property {number} accuracy
 * @property {string} [recipe]
 * @property {boolean} [default] opened with the page
 */

/**
 * A drawing in units of the canvas' side.
 * @typedef {object} Drawing
 * @property {import('./lib/engine.js').Stroke[]} strokes
 * @property {boolean} centre as MNIST did
 */

/**
 * @typedef {object} ReadRequest
 * @property {Drawing} drawing
 * @property {boolean} [rows] also the answer after each row
 */

/**
 * @typedef {object} Answer
 * @property {Uint8Array} pixels 28 x 28, what the network reads
 * @property {boolean} blank
 * @property {number | null} label null: blank, or no network
 * @property {Float32Array | null} probabilities of the ten digits
 * @property {Float32Array[] | null} rows the probabilities had it stopped there
 */

/**
 * @typedef {object} ModelInfo
 * @property {string} name the file's, or '' for a network trained here
 * @property {'pretrained' | 'file' | 'trained'} origin
 * @property {number} hidden
 * @property {number} layers
 * @property {number} parameters
 * @property {number | null} accuracy on the test images; null: not known
 * @property {string} recipe
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
 */

/** @typedef {'bundled' | 'full' | 'own'} DataSource */

/**
 * @typedef {object} TrainSettings
 * @property {string} recipe its name, 'custom' when changed
 * @property {{hidden: number, forgetBias: number}} network
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

/** @param {unknown} error @returns {PlainError} */
export function toPlainError(error) {
  const { code, message, details } = /** @type {Record<string, any>} */ (error ?? {});
  const text = typeof message === 'string' ? message : String(error);
  return typeof code === 'string'
    ? { code, message: text, details: details ?? {} }
    : { code: 'unexpected', message: text, details: { reason: text } };
}
