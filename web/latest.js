/** Asks one thing at a time, always the newest: of the wishes that come meanwhile only the last is kept. */

/** @template T */
export class Latest {
  #ask;
  /** @type {T | null} */
  #wish = null;
  #busy = false;

  /** @param {(wish: T) => Promise<void>} ask must not reject */
  constructor(ask) {
    this.#ask = ask;
  }

  /** @param {T} wish */
  want(wish) {
    this.#wish = wish;
    if (!this.#busy) this.#askOn();
  }

  async #askOn() {
    this.#busy = true;
    while (this.#wish !== null) {
      const wish = this.#wish;
      this.#wish = null;
      await this.#ask(wish);
    }
    this.#busy = false;
  }
}
