/** Fetches a file of this site, for the worker. */

import { FileError } from './lib/index.js';

/**
 * @param {URL} url
 * @param {string} name for the message when it can't be had
 */
export async function download(url, name) {
  let reason;
  try {
    const response = await fetch(url);
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    reason = `HTTP ${response.status}`;
  } catch (error) {
    reason = /** @type {Error} */ (error).message;
  }
  throw new FileError('not-downloaded', `${name} could not be downloaded (${reason}).`, { name, reason });
}
