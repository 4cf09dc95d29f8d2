// The script of a worker thread in Node.

import { parentPort } from 'node:worker_threads';

import { createReceiver } from './engine/receiver.js';

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
const receive = createReceiver((message, transfer) => port.postMessage(message, /** @type {any[]} */ (transfer)));
port.on('message', receive);
