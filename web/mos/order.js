// Which items a rater sees, in which order, and which picture of a pair comes first: all of it follows from plan and
// rater.

/** @typedef {import('./plan.js').Item} Item @typedef {import('./plan.js').Plan} Plan */
/** @typedef {{item: Item, swapped: boolean}} Showing swapped: the second picture stands first */

const TRIES = 20;
const REPEAT_DISTANCE = 8; // items between an item and its repetition, where there are enough

/** @param {Plan} plan @param {string} rater @returns {Showing[]} */
export function sessionOf(plan, rater) {
  const random = generator(`${plan.id} ${plan.seed} ${rater}`);
  const groups = new Set(plan.items.map(({ group }) => group).filter((group) => group !== null));
  const drawn = new Set(plan.groups_per_rater ? shuffled([...groups], random).slice(0, plan.groups_per_rater) : groups);
  const items = plan.items.filter(({ group }) => group === null || drawn.has(group));
  const order = spread(items, random);
  return plan.method === 'pair' ? withSides(order, random) : order.map((item) => ({ item, swapped: false }));
}

/**
 * An order in which pictures of one source do not follow each other and repetitions lie apart, as far as possible: the
 * best of some random ones.
 * @param {Item[]} items @param {() => number} random
 */
function spread(items, random) {
  let [best, least] = [items, Infinity];
  for (let attempt = 0; attempt < TRIES && least > 0; attempt++) {
    const { order, violations } = spreadOnce(shuffled(items, random));
    if (violations < least) [best, least] = [order, violations];
  }
  return best;
}

/** @param {Item[]} waiting */
function spreadOnce(waiting) {
  const distance = Math.min(REPEAT_DISTANCE, Math.floor(waiting.length / 3));
  /** @type {Item[]} */
  const order = [];
  let violations = 0;
  while (waiting.length) {
    const previous = order.at(-1);
    const recent = new Set(order.slice(-distance).map(contents));
    const fits = waiting.findIndex(
      (item) => (!previous || item.group === null || item.group !== previous.group) && !recent.has(contents(item)),
    );
    if (fits < 0) violations++;
    order.push(...waiting.splice(Math.max(fits, 0), 1));
  }
  return { order, violations };
}

/**
 * Half of the pairs are swapped; a repeated pair comes back the other way round.
 * @param {Item[]} order @param {() => number} random
 */
function withSides(order, random) {
  const sides = shuffled(
    order.map((_, index) => index % 2 === 1),
    random,
  );
  /** @type {Map<string, boolean>} */
  const before = new Map();
  return order.map((item, index) => {
    const first = before.get(contents(item));
    const swapped = first === undefined ? sides[index] : !first;
    before.set(contents(item), swapped);
    return { item, swapped };
  });
}

/** @param {Item} item equal for an item and its repetition */
const contents = (item) => item.pictures.join();

/** @template T @param {readonly T[]} list @param {() => number} random @returns {T[]} Fisher and Yates */
function shuffled(list, random) {
  const copy = [...list];
  for (let last = copy.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [copy[last], copy[other]] = [copy[other], copy[last]];
  }
  return copy;
}

/** Uniform numbers in [0, 1) from a text: Mulberry32, seeded by FNV-1a. @param {string} text */
function generator(text) {
  let state = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) state = Math.imul(state ^ byte, 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
