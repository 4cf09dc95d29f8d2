// The script of a worker in browsers.

import { serve } from './engine/receiver.js';

const receive = serve((message, transfer) => postMessage(message, { transfer }));
addEventListener('message', ({ data }) => receive(data));
