/**
 * Times candidates in turn, so that whatever changes on the machine meets all of them. Uses nothing of Node:
 * pages run this file's source too.
 */

/**
 * @typedef {object} Candidate
 * @property {string} name
 * @property {() => unknown} [run] one call; may give a promise
 * @property {(milliseconds: number, calls: number) => Promise<number[]>} [burst] instead, where the calls are
 *   made elsewhere: what burst() below gives
 */

/** @typedef {{median: number, best: number, count: number}} Times milliseconds of a call */

/**
 * @typedef {object} Effort
 * @property {number} milliseconds for each candidate in all
 * @property {number} [warmUp] milliseconds before, for each
 * @property {number} [rounds]
 * @property {number} [sample] milliseconds that one reading of the clock should cover, for clocks that are coarse
 */

/** Milliseconds between candidates: the threads of the one before fall asleep. */
const REST = 15;

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Calls for so many milliseconds, at least once. A sample is the time of a call, taken over `calls` of them.
 * @param {Candidate} candidate
 * @param {number} milliseconds
 * @param {number} calls
 * @returns {Promise<number[]>}
 */
export async function burst({ run, burst: remote }, milliseconds, calls) {
  if (remote) return remote(milliseconds, calls);
  const samples = [];
  const end = performance.now() + milliseconds;
  for (let start = performance.now(); samples.length === 0 || start < end;) {
    for (let i = 0; i < calls; i++) {
      const result = run?.();
      if (result instanceof Promise) await result;
    }
    const now = performance.now();
    samples.push((now - start) / calls);
    start = now;
  }
  return samples;
}

/**
 * Warms all up, then gives each its share of every round. The first sample of a burst is left out where there
 * are more: caches and threads are still the other's.
 * @param {readonly Candidate[]} candidates
 * @param {Effort} effort
 * @returns {Promise<Map<string, Times>>}
 */
export async function alternate(candidates, { milliseconds, warmUp = 500, rounds = 10, sample = 1 }) {
  const calls = new Map();
  for (const candidate of candidates) {
    const times = await burst(candidate, warmUp, 1);
    calls.set(candidate, Math.max(1, Math.ceil(sample / Math.max(median(times), 1e-4))));
  }
  const samples = new Map(candidates.map((candidate) => [candidate, /** @type {number[]} */ ([])]));
  for (let round = 0; round < rounds; round++) {
    for (const [candidate, all] of samples) {
      await new Promise((resolve) => setTimeout(resolve, REST));
      const times = await burst(candidate, milliseconds / rounds, calls.get(candidate));
      all.push(...(times.length > 1 ? times.slice(1) : times));
    }
  }
  return new Map(
    [...samples].map(([{ name }, all]) => [
      name,
      { median: median(all), best: Math.min(...all), count: all.length },
    ]),
  );
}
