/**
 * The engine, its worker begun as early as can be: index.html runs this while the panels' modules are still
 * on their way. Nothing is asked of it before main.js does, so that no panel misses an event.
 */

import { Engine } from './engine.js';

export const engine = new Engine();
