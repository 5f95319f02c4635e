/** Drawing by keyboard: arrows move, Space paints, E erases; held down while moving they draw lines. */

const STEP = 0.05;
const LONG_STEPS = 4;

/** @type {Readonly<Record<string, [number, number]>>} */
const DIRECTIONS = Object.freeze({
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
});

/** @param {KeyboardEvent} event @returns {'pen' | 'eraser' | null} */
function toolOf({ key, code }) {
  if (key === ' ') return 'pen';
  // An input method for Chinese hides the letter.
  return key.toLowerCase() === 'e' || (key === 'Process' && code === 'KeyE') ? 'eraser' : null;
}

/** @param {number} value to a whole number of steps, within the canvas */
const snap = (value) => Math.min(Math.max(Math.round(value / STEP), 1), Math.round(1 / STEP) - 1) * STEP;

/**
 * @param {HTMLCanvasElement} canvas
 * @param {import('./sketch.js').Sketch} sketch
 * @param {(cursor: {x: number, y: number} | null) => void} show where the pen is
 */
export function setUpKeys(canvas, sketch, show) {
  const cursor = { x: 0.5, y: 0.5 };
  /** @type {'pen' | 'eraser' | null} what a key holds down */
  let held = null;

  const lift = () => {
    held = null;
    sketch.end();
  };

  /** @param {[number, number]} direction @param {boolean} far */
  const move = ([dx, dy], far) => {
    const length = STEP * (far ? LONG_STEPS : 1);
    cursor.x = snap(cursor.x + dx * length);
    cursor.y = snap(cursor.y + dy * length);
    if (held) sketch.extend([cursor.x, cursor.y]);
    show(cursor);
  };

  canvas.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = DIRECTIONS[event.key];
    const tool = toolOf(event);
    if (!direction && !tool) return;
    event.preventDefault();
    if (direction) {
      move(direction, event.shiftKey);
    } else if (tool && !event.repeat && !held) {
      held = tool;
      sketch.begin(tool, cursor.x, cursor.y);
      show(cursor);
    }
  });
  canvas.addEventListener('keyup', (event) => {
    if (held && toolOf(event) === held) lift();
  });
  canvas.addEventListener('focus', () => {
    if (canvas.matches(':focus-visible')) show(cursor);
  });
  canvas.addEventListener('blur', () => {
    if (held) lift();
    show(null);
  });
}
