// The server of the demo page: malformed URLs.

import assert from 'node:assert/strict';
import test from 'node:test';

import { serve } from '../../web/demo/serve.js';
import { ask } from './http.js';

test('a malformed URL is answered 400, and the server goes on', async (context) => {
  const { url, close } = await serve();
  context.after(close);
  const { port } = new URL(url);
  for (const path of ['/%', '/web/demo/%ff', '//']) assert.equal((await ask(port, path)).status, 400, path);
  assert.equal((await ask(port, '/web/demo/none.html')).status, 404);
});
