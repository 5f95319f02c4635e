/**
 * Errors a person can act on. `message` is an English sentence; `code` and `details` (the values that
 * the sentence names) let a program react and a page say it in another language.
 */

export class LstmError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {Record<string, unknown>} [details]
   */
  constructor(code, message, details = {}) {
    super(message);
    this.name = new.target.name;
    this.code = code;
    this.details = details;
  }
}

/** A setting is out of its range. code 'bad-config', details {field, value, expected}. */
export class ConfigError extends LstmError {
  /**
   * @param {string} field
   * @param {unknown} value
   * @param {string} expected
   */
  constructor(field, value, expected) {
    super('bad-config', `${field} must be ${expected}; found ${show(value)}.`, {
      field,
      value,
      expected,
    });
  }
}

/** A file or an array isn't what it should be. Nothing was changed. */
export class FileError extends LstmError {}

/** code 'out-of-memory', details {bytes}: what was asked for. */
export class MemoryError extends LstmError {
  /**
   * @param {string} what for whom, e.g. 'a network of 512 hidden units'
   * @param {number} bytes
   * @param {Record<string, unknown>} [details]
   */
  constructor(what, bytes, details = {}) {
    const size = `${Math.ceil(bytes / 2 ** 20).toLocaleString('en')} MiB`;
    super('out-of-memory', `Not enough memory for ${what} (${size}). Nothing was changed.`, {
      what,
      bytes,
      ...details,
    });
  }
}

/** The loss is no longer a number. code 'diverged', details {epoch, batch}, both from 1. */
export class DivergedError extends LstmError {
  /**
   * @param {number} epoch
   * @param {number} batch
   */
  constructor(epoch, batch) {
    super(
      'diverged',
      `The loss is no longer a number at batch ${batch} of epoch ${epoch}. ` +
        'Go back to weights from before, and try a lower learning rate or gradient clipping.',
      { epoch, batch },
    );
  }
}

/** The caller's AbortSignal ended the work; what was reached by then is kept. code 'cancelled'. */
export class CancelledError extends LstmError {
  constructor() {
    super('cancelled', 'Cancelled.');
  }
}

/**
 * A value as a message shows it.
 * @param {unknown} value
 */
export function show(value) {
  if (typeof value === 'string') return `"${value}"`;
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  return String(value);
}
