// Sessions outlive a reload of the page and a lost connection: they are in the browser's storage until the endpoint has
// them.

/** @typedef {import('./plan.js').Plan} Plan @typedef {import('./plan.js').Result} Result */
/** @typedef {{result: Result, sent: boolean}} Session */

export class Store {
  #prefix;
  #storage;
  isLasting; // false: the browser keeps nothing, a reload loses the session

  /** @param {string} planId @param {Storage} [storage] */
  constructor(planId, storage) {
    this.#prefix = `lic-mos ${planId} `;
    const lasting = storage ?? lastingStorage();
    this.#storage = lasting ?? new MemoryStorage();
    this.isLasting = lasting !== null;
  }

  /** @param {Session} session */
  save(session) {
    try {
      this.#storage.setItem(this.#prefix + session.result.id, JSON.stringify(session));
    } catch {
      this.isLasting = false; // full
    }
  }

  /** @param {Session} session */
  remove(session) {
    this.#storage.removeItem(this.#prefix + session.result.id);
  }

  /** @returns {Session[]} of this plan */
  sessions() {
    const storage = this.#storage;
    const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? '');
    return keys
      .filter((key) => key.startsWith(this.#prefix))
      .flatMap((key) => {
        try {
          return [JSON.parse(storage.getItem(key) ?? '')];
        } catch {
          return []; // not ours, or cut off
        }
      });
  }
}

/** @returns {Storage | null} null where the browser forbids it */
function lastingStorage() {
  try {
    localStorage.setItem('lic-mos', '');
    localStorage.removeItem('lic-mos');
    return localStorage;
  } catch {
    return null;
  }
}

/** @implements {Storage} */
class MemoryStorage {
  /** @type {Map<string, string>} */
  #values = new Map();
  get length() {
    return this.#values.size;
  }
  /** @param {number} index */
  key = (index) => [...this.#values.keys()][index] ?? null;
  /** @param {string} key */
  getItem = (key) => this.#values.get(key) ?? null;
  /** @param {string} key @param {string} value */
  setItem = (key, value) => void this.#values.set(key, value);
  /** @param {string} key */
  removeItem = (key) => void this.#values.delete(key);
  clear = () => this.#values.clear();
}
