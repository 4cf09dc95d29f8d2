// The script of a worker in browsers.

import { createReceiver } from './engine/receiver.js';

const receive = createReceiver((message, transfer) => postMessage(message, { transfer }));
addEventListener('message', ({ data }) => receive(data));
