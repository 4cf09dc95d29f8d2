// Errors of decode() and info(). The codes are those of docs/format.md#errors, shared with C++ and the command.
//
// A cancelled call rejects with the signal's reason: a DOMException named AbortError, unless the caller chose another.
// A call with wrong arguments rejects with a TypeError. Everything else is a LicError.

/** @typedef {import('../index.d.ts').LicErrorCode} LicErrorCode */

export class LicError extends Error {
  /**
   * @param {LicErrorCode} code
   * @param {string} message
   * @param {{details?: Record<string, unknown>, cause?: unknown}} [options]
   */
  constructor(code, message, { details = {}, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'LicError';
    this.code = code;
    this.details = details;
  }
}

/**
 * What postMessage() can carry of an error.
 * @param {unknown} error
 * @returns {import('./types.d.ts').PackedError}
 */
export function packError(error) {
  if (error instanceof LicError) return { code: error.code, message: error.message, details: error.details };
  return { code: 'internal', message: String(error), details: {} };
}

/** The error that was packed. @param {import('./types.d.ts').PackedError} packed */
export function unpackError({ code, message, details }) {
  return new LicError(code, message, { details });
}
