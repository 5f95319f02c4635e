/** Files chosen by a button or dropped on an element. */

import { h } from './dom.js';

/**
 * A button that opens the file dialog.
 * @param {string} id
 * @param {{key: string, accept?: string, multiple?: boolean}} options
 * @param {(files: File[]) => void} take
 */
export function fileButton(id, { key, accept, multiple }, take) {
  const input = h('input', { type: 'file', id: `${id}-input`, accept, multiple, hidden: true, tabindex: -1 });
  input.addEventListener('change', () => {
    if (input.files?.length) take([...input.files]);
    input.value = ''; // so that the same file can be chosen again
  });
  const button = h('button', { type: 'button', id, 'data-t': key, onclick: () => input.click() });
  return [button, input];
}

/** @param {HTMLElement} target @param {(files: File[]) => void} take */
export function acceptDrops(target, take) {
  let depth = 0; // children send their own enter and leave
  const mark = (/** @type {number} */ change) => {
    depth = change === 0 ? 0 : depth + change;
    target.classList.toggle('drop', depth > 0);
  };
  const isFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes('Files') ?? false;
  target.addEventListener('dragenter', (event) => isFiles(event) && mark(1));
  target.addEventListener('dragleave', (event) => isFiles(event) && mark(-1));
  target.addEventListener('dragover', (event) => isFiles(event) && event.preventDefault());
  target.addEventListener('drop', (event) => {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    mark(0);
    take([...event.dataTransfer.files]);
  });
}
