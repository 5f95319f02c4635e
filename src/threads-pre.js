/* global Module */
// Emscripten puts this into its module's function: workers for threads may come from whoever loads the module.
const Worker = Module['Worker'] ?? globalThis.Worker; // eslint-disable-line no-unused-vars -- the module uses it
