/**
 * Takes stock of the global object, of its classes and of their prototypes. Needs nothing from outside, so that it can
 * be run in a page.
 * @returns {() => string[]} what has been added, removed or replaced since
 */
export function takeStock() {
  const numbers = new Map();
  const identify = (/** @type {unknown} */ value) => {
    if (typeof value !== 'function' && (typeof value !== 'object' || value === null)) return String(value);
    if (!numbers.has(value)) numbers.set(value, numbers.size);
    return `#${numbers.get(value)}`;
  };
  /** @param {Record<string, string>} stock @param {string} path @param {object} object */
  const list = (stock, path, object) => {
    for (const key of Reflect.ownKeys(object)) {
      const found = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(object, key));
      const value =
        typeof found.value === 'function' || typeof found.value === 'object'
          ? identify(found.value)
          : typeof found.value;
      stock[`${path}.${String(key)}`] = [
        value,
        identify(found.get),
        identify(found.set),
        found.writable,
        found.enumerable,
        found.configurable,
      ].join(' ');
    }
  };
  const take = () => {
    /** @type {Record<string, string>} */
    const stock = {};
    list(stock, 'globalThis', globalThis);
    for (const name of Object.getOwnPropertyNames(globalThis)) {
      const value = Object.getOwnPropertyDescriptor(globalThis, name)?.value;
      const isNamespace = typeof value === 'object' && value !== null && /^[A-Z]/.test(name);
      if (typeof value === 'function' || isNamespace) list(stock, name, value);
      if (typeof value === 'function' && value.prototype) list(stock, `${name}.prototype`, value.prototype);
    }
    return stock;
  };
  const before = take();
  return () => {
    const after = take();
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...names].filter((name) => before[name] !== after[name]);
  };
}
