/** Whether the tests have Fashion-MNIST, which comes from Debian's package dataset-fashion-mnist. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FASHION_FOLDER, MNIST_FILES } from '../../web/mnist-files.js';

/** Why a test that needs it is skipped; false: it is here. */
export function withoutFashion() {
  const isHere = MNIST_FILES.every((name) =>
    [name, `${name}.gz`].some((file) => existsSync(join(FASHION_FOLDER, file))),
  );
  return isHere ? false : `Fashion-MNIST is not in ${FASHION_FOLDER}: apt-get install dataset-fashion-mnist`;
}

/** The same for what make-data.js has made of it for the page. */
export function withoutBundledFashion() {
  const samples = new URL('../../web/data/fashion-samples-labels-idx1-ubyte.gz', import.meta.url);
  return existsSync(samples) ? false : 'web/data/ has no pictures of Fashion-MNIST: make data tells why';
}

/** The same for the network. */
export function withoutFashionNetwork() {
  const file = new URL('../../models/fashion.safetensors', import.meta.url);
  return existsSync(file) ? false : 'models/fashion.safetensors is not here: node models/train.js fashion';
}
