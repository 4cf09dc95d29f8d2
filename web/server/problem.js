// Failures as answers: problem details (RFC 9457) with a code, never a stack trace or a path of this machine.
//
//   LicError.code ──table──> status        HttpProblem: what the handler itself refuses

import { LicError } from 'lic-codec';

/** @typedef {import('lic-codec').LicErrorCode} LicErrorCode */

/**
 * The status says whose fault it is: 422 is the stored file's, 501 that of a server which lacks the model or format,
 * 503 that of the moment.
 * @type {Record<LicErrorCode, number>}
 */
const STATUS = {
  not_lic: 422,
  truncated: 422,
  bad_checksum: 422,
  bad_header: 422,
  bad_section: 422,
  bad_stream: 422,
  limit_exceeded: 422,
  unsupported_version: 501,
  unknown_model: 501,
  model_mismatch: 501,
  io_error: 502,
  out_of_memory: 503,
  bad_model: 500,
  internal: 500,
};

/** @type {Record<number, string>} */
const TITLES = {
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  416: 'Range Not Satisfiable',
  422: 'Unprocessable Content',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
};

const RETRY_SECONDS = 2;

export class HttpProblem extends Error {
  /**
   * @param {number} status
   * @param {string} code names the failure for programs
   * @param {string} detail for people; goes to the client
   * @param {Record<string, string>} [headers]
   */
  constructor(status, code, detail, headers = {}) {
    super(detail);
    this.name = 'HttpProblem';
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/**
 * What a client may know of an error. Errors that were not foreseen stay on the server, as do messages that could name
 * a file.
 * @param {unknown} error
 * @returns {HttpProblem}
 */
export function toProblem(error) {
  if (error instanceof HttpProblem) return error;
  if (error instanceof LicError) return ofLicError(error);
  if (/** @type {any} */ (error)?.name === 'TimeoutError')
    return unavailable('timeout', 'making the picture took too long');
  return new HttpProblem(500, 'internal', 'the server failed');
}

/** @param {LicError} error */
function ofLicError({ code, message }) {
  const status = STATUS[code] ?? 500;
  if (status === 503) return unavailable(code, message);
  const mayTell = status === 422 || status === 501;
  return new HttpProblem(status, code, mayTell ? message : 'the picture could not be read or decoded');
}

/** @param {string} code @param {string} detail */
export function unavailable(code, detail) {
  return new HttpProblem(503, code, detail, { 'Retry-After': String(RETRY_SECONDS) });
}

/** @param {HttpProblem} problem */
export function problemBody({ status, code, message }) {
  return Buffer.from(`${JSON.stringify({ title: TITLES[status], status, code, detail: message })}\n`);
}
