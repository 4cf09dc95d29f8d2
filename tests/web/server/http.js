// Servers and requests for the tests of lic-codec/server. node:http, since fetch() tidies paths and headers.

import { createServer, request as httpRequest } from 'node:http';
import { after } from 'node:test';

/**
 * Serves on a free port until the tests of the file are over.
 * @param {(request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => void}
 *   listener
 * @returns {Promise<number>} the port
 */
export async function listen(listener) {
  const server = createServer(listener);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  return server.address().port;
}

/**
 * @param {number} port
 * @param {string} path
 * @param {{method?: string, headers?: Record<string, string>, signal?: AbortSignal}} [options]
 * @returns {Promise<{status: number, headers: Record<string, string>, body: Buffer}>}
 */
export function ask(port, path, { method = 'GET', headers = {}, signal } = {}) {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, path, method, headers, signal, agent: false },
      (response) => {
        const parts = [];
        response.on('data', (part) => parts.push(part));
        response.on('end', () =>
          resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) }),
        );
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    request.end();
  });
}

/** What browsers send for an <img>, and for fetch(). */
export const IMG = {
  'sec-fetch-dest': 'image',
  accept: 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8',
};
export const FETCH = { 'sec-fetch-dest': 'empty', accept: '*/*' };
