/**
 * The safetensors format (huggingface.co/docs/safetensors): eight bytes with the header's length, a JSON
 * header {name: {dtype, shape, data_offsets}, __metadata__: {string: string}}, the tensors' bytes. All
 * numbers little-endian. Read strictly: a file that deviates is refused, whole.
 */

import { ConfigError, FileError } from './errors.js';

/**
 * @typedef {object} Tensor
 * @property {number[]} shape
 * @property {Float32Array} data row by row
 */

const MAX_HEADER_BYTES = 1e8; // the format's own limit
const MAX_FILE_BYTES = 2 ** 31;

/** Bytes of an element of the types that can be read; all become float32. */
const READABLE_TYPES = Object.freeze({ F32: 4, F16: 2 });

/** How exactly files hold weights: 32 or 16 bits a number. */
export const PRECISIONS = Object.freeze(['single', 'half']);

/**
 * @param {Map<string, Tensor>} tensors
 * @param {Record<string, string>} [metadata]
 * @param {{precision?: string}} [options] 'single', or 'half': rounded to 16 bits a number
 * @returns {Uint8Array}
 */
export function writeSafetensors(tensors, metadata = {}, { precision = 'single' } = {}) {
  if (!PRECISIONS.includes(precision)) throw new ConfigError('precision', precision, `one of ${PRECISIONS}`);
  const dtype = precision === 'half' ? 'F16' : 'F32';
  const width = READABLE_TYPES[dtype];
  /** @type {Record<string, unknown>} */
  const header = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [offset, offset + width * data.length] };
    offset += width * data.length;
  }
  let json = JSON.stringify(header);
  let text = new TextEncoder().encode(json);
  json += ' '.repeat((8 - (text.length % 8)) % 8); // tensors start at a multiple of eight
  text = new TextEncoder().encode(json);
  const bytes = new Uint8Array(8 + text.length + offset);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  let at = 8 + text.length;
  for (const { data } of tensors.values()) {
    for (const value of data) {
      if (dtype === 'F16') view.setUint16(at, floatToHalf(value), true);
      else view.setFloat32(at, value, true);
      at += width;
    }
  }
  return bytes;
}

/**
 * @param {Uint8Array} bytes
 * @param {string} [name] the file's, for messages
 * @returns {{tensors: Map<string, Tensor>, metadata: Record<string, string>}}
 */
export function readSafetensors(bytes, name = 'the file') {
  const { header, start } = readHeader(bytes, name);
  const { __metadata__: metadata = {}, ...entries } = header;
  if (!isStringMap(metadata)) throw notAModel(name, 'its metadata is not a map of strings');
  const length = bytes.length - start;
  let end = 0;
  /** @type {Map<string, Tensor>} */
  const tensors = new Map();
  const sorted = Object.entries(entries).sort(([, a], [, b]) => firstOffset(a) - firstOffset(b));
  for (const [tensor, entry] of sorted) {
    const { type, shape, from, to } = checkEntry(name, tensor, entry);
    if (from !== end) throw notAModel(name, `tensor "${tensor}" does not start where the last one ends`);
    if (to > length) {
      throw new FileError(
        'truncated-model',
        `${name} is incomplete: tensor "${tensor}" ends at byte ${start + to}, the file at ` +
          `${bytes.length}. Get the file again. Your current model is unchanged.`,
        { name, tensor, expected: start + to, found: bytes.length },
      );
    }
    tensors.set(tensor, { shape, data: readFloats(bytes, start + from, start + to, type) });
    end = to;
  }
  if (end !== length) throw notAModel(name, `${length - end} bytes follow the last tensor`);
  return { tensors, metadata };
}

/** @param {string} name @param {string} reason */
function notAModel(name, reason) {
  return new FileError(
    'not-a-model',
    `${name} isn't a model this page can read (${reason}). Expected .safetensors. ` +
      'Your current model is unchanged.',
    { name, reason },
  );
}

/** @param {Uint8Array} bytes @param {string} name */
function readHeader(bytes, name) {
  if (bytes.length > MAX_FILE_BYTES) {
    throw new FileError(
      'too-large',
      `${name} is too large: ${bytes.length} bytes; at most ${MAX_FILE_BYTES}.`,
      {
        name,
        found: bytes.length,
        expected: MAX_FILE_BYTES,
      },
    );
  }
  if (bytes.length < 10) throw notAModel(name, `only ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES || bytes[8] !== 0x7b) throw notAModel(name, 'it has no safetensors header');
  if (8 + length > bytes.length) {
    throw new FileError(
      'truncated-model',
      `${name} is incomplete: its header ends at byte ${8 + length}, the file at ${bytes.length}. ` +
        'Get the file again. Your current model is unchanged.',
      { name, expected: 8 + length, found: bytes.length },
    );
  }
  let header;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + length)));
  } catch {
    throw notAModel(name, 'its header is not JSON');
  }
  return { header: /** @type {Record<string, unknown>} */ (header), start: 8 + length };
}

/** @param {unknown} entry */
function firstOffset(entry) {
  const offsets = /** @type {{data_offsets?: unknown[]} | null} */ (entry)?.data_offsets;
  return Array.isArray(offsets) ? Number(offsets[0]) : 0;
}

/** @param {unknown} value @returns {value is Record<string, string>} */
function isStringMap(value) {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((item) => typeof item === 'string')
  );
}

/** @param {unknown} list @returns {list is number[]} */
function isSizes(list) {
  return Array.isArray(list) && list.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/** @param {string} name @param {string} tensor @param {unknown} entry */
function checkEntry(name, tensor, entry) {
  const { dtype, shape, data_offsets: offsets } = /** @type {Record<string, unknown>} */ (entry ?? {});
  if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) {
    throw notAModel(name, `tensor "${tensor}" has no valid shape and offsets`);
  }
  if (typeof dtype !== 'string' || !Object.hasOwn(READABLE_TYPES, dtype)) {
    throw new FileError(
      'bad-tensor-type',
      `${name}: tensor "${tensor}" is of type ${dtype}; expected F32 or F16. Your current model is unchanged.`,
      { name, tensor, expected: 'F32, F16', found: String(dtype) },
    );
  }
  const type = /** @type {keyof typeof READABLE_TYPES} */ (dtype);
  const [from, to] = offsets;
  const size = shape.reduce((product, n) => product * n, READABLE_TYPES[type]);
  if (to - from !== size) {
    throw notAModel(name, `tensor "${tensor}" of shape [${shape}] has ${to - from} bytes, not ${size}`);
  }
  return { type, shape, from, to };
}

/**
 * @param {Uint8Array} bytes
 * @param {number} from
 * @param {number} to
 * @param {keyof typeof READABLE_TYPES} type
 */
function readFloats(bytes, from, to, type) {
  const own = bytes.subarray(from, to);
  const count = own.length / READABLE_TYPES[type];
  // WebAssembly's memory, and with it every array here, is little-endian as the file is; copied, since
  // tensors may lie at odd addresses.
  const values = type === 'F32' ? new Float32Array(count) : new Uint16Array(count);
  new Uint8Array(values.buffer).set(own);
  return values instanceof Float32Array ? values : halvesToFloats(values);
}

/** Natively where the browser can: ten times as fast. @param {Uint16Array} halves */
function halvesToFloats(halves) {
  const { Float16Array } =
    /** @type {{Float16Array?: new (buffer: ArrayBufferLike) => ArrayLike<number>}} */ (globalThis);
  return Float16Array
    ? new Float32Array(new Float16Array(halves.buffer))
    : Float32Array.from(halves, halfToFloat);
}

/**
 * IEEE 754 half precision to a number.
 * @param {number} bits
 */
export function halfToFloat(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/**
 * The nearest number in IEEE 754 half precision, ties to even.
 * @param {number} value
 */
export function floatToHalf(value) {
  const size = Math.abs(value);
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  if (!(size < 65520)) {
    throw new ConfigError('precision', 'half', `single: a weight of ${value} is beyond 16 bits' range`);
  }
  // The unit in the last place; below 2^-14 all numbers have the same.
  let exponent = -14;
  while (size >= 2 ** (exponent + 1)) exponent++;
  const units = size / 2 ** (exponent - 10);
  let rounded = Math.floor(units);
  const rest = units - rounded;
  if (rest > 0.5 || (rest === 0.5 && rounded % 2 === 1)) rounded++;
  // A full 2048 carries into the exponent by itself.
  return sign | ((exponent + 14) * 1024 + rounded);
}
