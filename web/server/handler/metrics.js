// What is counted, for Prometheus. prom-client is needed only where it is asked for.

const MS = 1e-3;
const SECONDS = [0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];

/**
 * @typedef {object} Metrics
 * @property {(format: string, status: number, bytes: number) => void} answered
 * @property {(from: 'memory' | 'disk' | 'miss') => void} lookedUp in the cache
 * @property {(ms: number) => void} decoded
 * @property {(format: string, ms: number) => void} encoded
 */

/** @type {Metrics} */
export const NO_METRICS = { answered() {}, lookedUp() {}, decoded() {}, encoded() {} };

/**
 * @param {any} client the module prom-client
 * @param {any} register
 * @param {{queued: () => number, running: () => number, cacheBytes: () => number}} gauges are read when Prometheus asks
 * @returns {Metrics}
 */
export function createMetrics(client, register, gauges) {
  // Several handlers count together.
  const metric = (/** @type {'Counter' | 'Histogram'} */ kind, /** @type {any} */ options) =>
    register.getSingleMetric(options.name) ?? new client[kind]({ ...options, registers: [register] });
  const requests = metric('Counter', {
    name: 'lic_requests_total',
    help: 'Answers by format and status',
    labelNames: ['format', 'status'],
  });
  const bytes = metric('Counter', {
    name: 'lic_sent_bytes_total',
    help: 'Bytes of bodies by format',
    labelNames: ['format'],
  });
  const lookups = metric('Counter', {
    name: 'lic_cache_lookups_total',
    help: 'Lookups of made pictures by where they were found',
    labelNames: ['result'],
  });
  const decoding = metric('Histogram', {
    name: 'lic_decode_seconds',
    help: 'Time to decode a .lic file',
    buckets: SECONDS,
  });
  const encoding = metric('Histogram', {
    name: 'lic_encode_seconds',
    help: 'Time to scale and encode a picture',
    labelNames: ['format'],
    buckets: SECONDS,
  });
  watch(client, register, 'lic_queue_length', 'Pictures that wait to be made', gauges.queued);
  watch(client, register, 'lic_jobs_running', 'Pictures that are being made', gauges.running);
  watch(client, register, 'lic_cache_bytes', 'Made pictures in memory', gauges.cacheBytes);
  return {
    answered(format, status, sent) {
      requests.inc({ format, status });
      bytes.inc({ format }, sent);
    },
    lookedUp: (result) => lookups.inc({ result }),
    decoded: (ms) => decoding.observe(ms * MS),
    encoded: (format, ms) => encoding.observe({ format }, ms * MS),
  };
}

/** A gauge that sums what all handlers of a registry read. */
const READERS = Symbol('readers');

/** @param {any} client @param {any} register @param {string} name @param {string} help @param {() => number} read */
function watch(client, register, name, help, read) {
  const known = register.getSingleMetric(name);
  if (known) return void known[READERS].push(read);
  const readers = [read];
  const gauge = new client.Gauge({
    name,
    help,
    registers: [register],
    collect() {
      gauge.set(readers.reduce((sum, reader) => sum + reader(), 0));
    },
  });
  gauge[READERS] = readers;
}
