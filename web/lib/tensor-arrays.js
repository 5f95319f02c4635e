/** A network's own arrays in the module's memory, tensor by tensor. */

/** @typedef {import('./safetensors.js').Tensor} Tensor */

/** The arrays of C's enum network_array. */
export const ARRAYS = Object.freeze({ parameters: 0, gradients: 1 });

export class TensorArrays {
  #module;
  #network;

  /**
   * @param {import('./module.js').WasmModule} module
   * @param {number} network its address
   */
  constructor(module, network) {
    this.#module = module;
    this.#network = network;
  }

  /** The tensors' shapes, by name. @returns {Map<string, number[]>} */
  get shapes() {
    const shapes = new Map();
    const count = this.#module.call('lstm_tensor_count', this.#network);
    for (let i = 0; i < count; i++) {
      const name = this.#module.string(this.#module.call('lstm_tensor_name', this.#network, i));
      const rows = this.#module.call('lstm_tensor_rows', this.#network, i);
      const columns = this.#module.call('lstm_tensor_columns', this.#network, i);
      shapes.set(name, name.includes('bias') ? [rows] : [rows, columns]);
    }
    return shapes;
  }

  /** A copy. @param {number} array one of ARRAYS @returns {Map<string, Tensor>} */
  read(array) {
    /** @type {Map<string, Tensor>} */
    const tensors = new Map();
    let index = 0;
    for (const [name, shape] of this.shapes) {
      const size = shape.reduce((a, b) => a * b, 1);
      const data = this.#module.withMemory((allocate) => {
        const place = allocate(4 * size);
        this.#module.check('lstm_tensor_read', this.#network, array, index, place);
        return this.#module.floats(place, size).slice();
      });
      tensors.set(name, { shape, data });
      index++;
    }
    return tensors;
  }

  /** Other parameters, all of them, and the optimiser as at the start. @param {Map<string, Tensor>} tensors */
  replace(tensors) {
    const largest = Math.max(...[...tensors.values()].map(({ data }) => data.length));
    this.#module.withMemory((allocate) => {
      const place = allocate(4 * largest); // what can fail comes before anything is written
      [...this.shapes.keys()].forEach((name, index) => {
        const { data } = /** @type {Tensor} */ (tensors.get(name));
        this.#module.floats(place, data.length).set(data);
        this.#module.check('lstm_tensor_write', this.#network, ARRAYS.parameters, index, place);
      });
    });
    this.#module.call('lstm_reset_adam', this.#network);
  }
}
