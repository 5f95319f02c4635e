import js from '@eslint/js';
import globals from 'globals';

/** Globals that both browsers and Node have: what the library may use. */
const both = Object.fromEntries(
  Object.entries(globals['shared-node-browser']).concat(
    ['DecompressionStream', 'CompressionStream', 'ReadableStream', 'Response', 'Blob'].map((name) => [
      name,
      false,
    ]),
  ),
);

export default [
  { ignores: ['build/', 'web/build/'] },
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'array-callback-return': 'error',
      'consistent-return': 'error',
      'default-case-last': 'error',
      eqeqeq: 'error',
      'no-constructor-return': 'error',
      'no-eval': 'error',
      'no-implicit-coercion': 'error',
      'no-implied-eval': 'error',
      'no-new-func': 'error',
      'no-self-compare': 'error',
      'no-shadow': 'error',
      'no-template-curly-in-string': 'error',
      'no-throw-literal': 'error',
      'no-unreachable-loop': 'error',
      'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-use-before-define': ['error', { functions: false, classes: false, variables: false }],
      'no-useless-assignment': 'error',
      'no-var': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
      'prefer-promise-reject-errors': 'error',
    },
  },
  { files: ['web/**/*.js'], languageOptions: { globals: globals.browser } },
  { files: ['web/worker.js'], languageOptions: { globals: globals.worker } },
  { files: ['web/lib/**/*.js'], languageOptions: { globals: { ...off(globals.browser), ...both } } },
  {
    files: ['web/serve.js', 'web/make-data.js', 'web/copy-assets.js'],
    languageOptions: { globals: { ...off(globals.browser), ...globals.nodeBuiltin } },
  },
  { files: ['web/lib/threads.js'], languageOptions: { globals: { Worker: false } } }, // only pages call for it
  { files: ['web/lib/thread.js'], languageOptions: { globals: globals.worker } },
  { files: ['models/**/*.js', '*.js'], languageOptions: { globals: globals.nodeBuiltin } },
  // tests hand functions to pages, which run there
  { files: ['tests/**/*.js'], languageOptions: { globals: { ...globals.browser, ...globals.nodeBuiltin } } },
];

/** @param {Record<string, unknown>} names @returns {Record<string, 'off'>} */
function off(names) {
  return Object.fromEntries(Object.keys(names).map((name) => [name, /** @type {const} */ ('off')]));
}
