// Checks values against the part of JSON Schema that plan.schema.json and result.schema.json use. Python's twin is
// models/evaluation/mos/schema.py; a test holds both together.

/** @typedef {Record<string, any>} Schema */

/** @type {Record<string, (value: unknown) => boolean>} */
const TYPES = {
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number' && Number.isFinite(value),
  integer: Number.isInteger,
  boolean: (value) => typeof value === 'boolean',
  null: (value) => value === null,
};

/**
 * @param {Schema} schema
 * @param {any} value
 * @param {string} [path] of the value, as a JSON pointer
 * @param {Schema} [root]
 * @returns {string | null} the first violation, as `/items/3/id: why`; null: none
 */
export function violation(schema, value, path = '', root = schema) {
  if (schema.$ref) return violation(resolve(root, schema.$ref), value, path, root);
  const own = ownViolation(schema, value);
  if (own) return `${path || '/'}: ${own}`;
  if (Array.isArray(value))
    return firstOf(
      value.entries(),
      (key, item) => schema.items && violation(schema.items, item, `${path}/${key}`, root),
    );
  if (!TYPES.object(value)) return null;
  return firstOf(Object.entries(value), (key, item) => {
    const inner = schema.properties?.[key] ?? schema.additionalProperties;
    if (inner === false) return `${path}/${key}: is unknown`;
    return inner ? violation(inner, item, `${path}/${key}`, root) : null;
  });
}

/** @param {Iterable<[any, any]>} entries @param {(key: any, item: any) => string | null} check */
function firstOf(entries, check) {
  for (const [key, item] of entries) {
    const found = check(key, item);
    if (found) return found;
  }
  return null;
}

/** @param {Schema} root @param {string} reference such as #/$defs/answer */
function resolve(root, reference) {
  return reference
    .slice(2)
    .split('/')
    .reduce((at, name) => at[name], root);
}

/** What is wrong with a value, whatever it contains. @param {Schema} schema @param {any} value */
function ownViolation(schema, value) {
  const types = schema.type ? [schema.type].flat() : [];
  if (types.length && !types.some((type) => TYPES[type](value))) return `must be ${types.join(' or ')}`;
  if ('const' in schema && value !== schema.const) return `must be ${JSON.stringify(schema.const)}`;
  if (schema.enum && !schema.enum.includes(value)) return `must be one of ${JSON.stringify(schema.enum)}`;
  if (value < schema.minimum) return `must be ${schema.minimum} or more`;
  if (value > schema.maximum) return `must be ${schema.maximum} or less`;
  if (typeof value === 'string') {
    const length = [...value].length;
    if (length < schema.minLength) return `must have ${schema.minLength} characters or more`;
    if (length > schema.maxLength) return `must have ${schema.maxLength} characters or less`;
    if (schema.pattern && !new RegExp(schema.pattern, 'u').test(value)) return `must match ${schema.pattern}`;
  }
  if (Array.isArray(value)) {
    if (value.length < schema.minItems) return `must have ${schema.minItems} entries or more`;
    if (value.length > schema.maxItems) return `must have ${schema.maxItems} entries or less`;
  }
  if (TYPES.object(value)) {
    const missing = (schema.required ?? []).find((/** @type {string} */ name) => !Object.hasOwn(value, name));
    if (missing) return `lacks ${missing}`;
  }
  return null;
}
