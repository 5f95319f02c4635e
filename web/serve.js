#!/usr/bin/env node
/** Serves the page for development and tests. `node web/serve.js --help` tells how. */

import { realpathSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import send from 'send';
import { MNIST_FILES, packagedFolder } from './mnist-files.js';

const HELP = `Usage: node web/serve.js [options]

Serves the page of lstm-wasm until it is stopped (Ctrl+C).

  --port N      default 8080, or the next one that is free
  --host NAME   address to listen on, default localhost (only this machine)
  --help        this text`;

const DEFAULT_PORT = 8080;
const PORTS_TO_TRY = 20;

/** All of MNIST, which the page offers where its host has it. */
const FULL_DATA = '/data/full/';

/** With these a page may share memory between threads. */
const ISOLATION_HEADERS = Object.freeze({
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
});

/**
 * @param {string} path of the request, still encoded
 * @param {string} root
 * @param {string | null} fullData
 * @returns {{path: string, root: string} | null}
 */
function locate(path, root, fullData) {
  if (!path.startsWith(FULL_DATA)) return { path, root };
  const name = path.slice(FULL_DATA.length);
  return fullData && MNIST_FILES.some((file) => file === name) ? { path: name, root: fullData } : null;
}

/**
 * @param {import('node:http').Server} server
 * @param {number} port
 * @param {string} host
 * @returns {Promise<void>}
 */
function listen(server, port, host) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/**
 * Serves a folder. MIME types follow the names; .gz files go out as they are, without
 * Content-Encoding, since the page unzips its data itself.
 * @param {object} [options]
 * @param {number} [options.port] 0 (the default) takes any free one
 * @param {string} [options.host]
 * @param {string} [options.root] default: the folder of the page
 * @param {boolean} [options.isolated] send COOP and COEP, so that the page may use threads
 * @returns {Promise<{url: string, close: () => Promise<void>}>} url ends in a slash
 */
export async function serve({
  port = 0,
  host = 'localhost',
  root = dirname(fileURLToPath(import.meta.url)),
  isolated = true,
} = {}) {
  const fullData = packagedFolder();
  const server = createServer((request, response) => {
    if (isolated) {
      for (const [name, value] of Object.entries(ISOLATION_HEADERS)) response.setHeader(name, value);
    }
    response.setHeader('Cache-Control', 'no-cache'); // ask again each time: files change while one works
    const [path] = (request.url ?? '/').split('?');
    const place = locate(path, root, fullData);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { Allow: 'GET, HEAD' }).end();
    } else if (place === null) {
      response.writeHead(404).end();
    } else {
      send(request, place.path, { root: place.root, cacheControl: false })
        .on('error', (/** @type {{status?: number}} */ error) => {
          response.writeHead(error.status ?? 500).end();
        })
        .pipe(response);
    }
  });
  await listen(server, port, host);
  const address = server.address();
  const bound = typeof address === 'object' && address ? address.port : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}/`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

/**
 * Port, or the default one, or the next free one after it.
 * @param {string | undefined} wanted
 * @param {string} host
 */
async function serveOnAFreePort(wanted, host) {
  const first = wanted === undefined ? DEFAULT_PORT : Number(wanted);
  if (!Number.isInteger(first) || first < 0 || first > 65535) {
    throw new Error(`--port must be a whole number from 0 to 65535; you gave ${wanted}.`);
  }
  const last = wanted === undefined ? first + PORTS_TO_TRY : first;
  for (let port = first; ; port++) {
    try {
      return await serve({ port, host });
    } catch (error) {
      const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
      if (code !== 'EADDRINUSE') throw new Error(`Cannot listen on ${host}:${port}: ${message}.`);
      if (port === last) throw new Error(`Port ${port} is taken; choose another with --port.`);
    }
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      host: { type: 'string', default: 'localhost' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const { url } = await serveOnAFreePort(values.port, values.host ?? 'localhost');
  console.log(`lstm-wasm: ${url}`);
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    console.error(`serve.js: ${error.message}`);
    process.exitCode = 1;
  });
}
