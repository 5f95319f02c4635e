/** The data sets that recipes, networks and the page know by name. */

/**
 * @typedef {object} DataSet
 * @property {string} credit name, licence and authors, for the metadata of networks trained on it
 * @property {boolean} centred its images are fitted into a box and centred by their ink: so are drawings then
 * @property {Readonly<Record<number, number>>} labelSums labelSum() of its files of labels, by how many they hold
 */

/** @type {Readonly<Record<string, DataSet>>} */
export const DATA_SETS = Object.freeze({
  mnist: {
    credit: 'MNIST, CC BY-SA 3.0, Y. LeCun, C. Cortes, C. Burges',
    centred: true,
    labelSums: {},
  },
  'fashion-mnist': {
    credit: 'Fashion-MNIST, MIT licence, Zalando SE',
    centred: false,
    labelSums: { 60000: 0xdf163f77, 10000: 0xe6b8c683 },
  },
});

/** Networks whose file names no data set read digits. */
export const DEFAULT_DATA_SET = 'mnist';

/** The data set that a file's metadata names. @param {Record<string, string>} metadata */
export function dataSetOf({ data_set: name = DEFAULT_DATA_SET }) {
  return Object.hasOwn(DATA_SETS, name) ? name : DEFAULT_DATA_SET;
}

/** A number that tells lists of labels apart: FNV-1a, 32 bits. @param {Uint8Array} labels */
export function labelSum(labels) {
  let sum = 0x811c9dc5;
  for (const label of labels) sum = Math.imul(sum ^ label, 0x01000193) >>> 0;
  return sum;
}

/** The data set whose labels these are; DEFAULT_DATA_SET where nobody knows them. @param {Uint8Array} labels */
export function recogniseLabels(labels) {
  const sum = labelSum(labels);
  const found = Object.entries(DATA_SETS).find(([, { labelSums }]) => labelSums[labels.length] === sum);
  return found?.[0] ?? DEFAULT_DATA_SET;
}
