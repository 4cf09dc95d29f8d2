// Turns of the event loop that many share.

import assert from 'node:assert/strict';
import test from 'node:test';

import { Turns } from '../../../web/common/turn.js';

/** The turn in which each piece of work with these costs is done. */
async function turnsOf(turns, costs) {
  let turn = 0;
  let timer = setImmediate(function count() {
    ++turn;
    timer = setImmediate(count);
  });
  const found = await Promise.all(costs.map(async (cost) => (await turns.take(cost), turn)));
  clearImmediate(timer);
  return found.map((each) => each - found[0]);
}

test('work is done at once as long as there is room, the rest in the turns that follow, in order', async () => {
  const turns = new Turns(4);
  assert.deepEqual(await turnsOf(turns, [1, 1, 1, 1]), [0, 0, 0, 0]);
  await new Promise((resolve) => setTimeout(resolve, 5));
  const found = await turnsOf(turns, Array(9).fill(1));
  assert.deepEqual(found.slice(0, 4), [0, 0, 0, 0]);
  assert.equal(new Set(found).size, 3);
  assert.deepEqual(
    found,
    found.toSorted((a, b) => a - b),
  );
  for (const turn of new Set(found)) assert.ok(found.filter((each) => each === turn).length <= 4);
});

test('a piece that costs more than a turn has one for itself', async () => {
  const [first, large, larger, last] = await turnsOf(new Turns(4), [1, 9, 90, 1]);
  assert.ok(first === last && first < large && large < larger, String([first, large, larger, last]));
});
