/** A worker that waits to become one of an engine's threads: threads.js makes it and talks with it. */

/** @type {Promise<unknown>} */
let loading = Promise.resolve();

self.onmessage = ({ data }) => {
  const port = /** @type {MessagePort} */ (data);
  port.onmessage = async ({ data: { script, message, end } }) => {
    if (end) self.close();
    else if (script) loading = becomeThread(port, script);
    else {
      await loading;
      self.onmessage?.(new MessageEvent('message', { data: message }));
    }
  };
};

/** The script takes this worker for one that its module made. @param {MessagePort} port @param {string} script */
async function becomeThread(port, script) {
  self.onmessage = null;
  self.postMessage = (/** @type {unknown} */ message) => port.postMessage(message);
  await import(script);
}
