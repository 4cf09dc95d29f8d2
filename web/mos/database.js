// Results in a SQLite file, one row each.

import { rmdirSync, statSync } from 'node:fs';

import sqlite from 'node-sqlite3-wasm';

/** @typedef {import('./plan.js').Result} Result */

const STALE_LOCK_MILLISECONDS = 10_000; // a write takes a few

const TABLE = `CREATE TABLE IF NOT EXISTS results (
  id TEXT PRIMARY KEY,
  rater TEXT NOT NULL,
  answers INTEGER NOT NULL,
  finished INTEGER NOT NULL,
  received TEXT NOT NULL,
  result TEXT NOT NULL
)`;

export class Database {
  #database;

  /** @param {string} path */
  constructor(path) {
    removeStaleLock(`${path}.lock`);
    this.#database = new sqlite.Database(path);
    this.#database.exec(TABLE);
  }

  /**
   * Keeps a result. The same one may come again, and one of an unfinished session with more answers.
   * @param {Result} result
   * @returns {'stored' | 'known' | 'conflict'} known: nothing is new; conflict: it contradicts what is kept
   */
  put(result) {
    const kept = this.#database.get('SELECT result FROM results WHERE id = ?', result.id);
    if (kept) {
      const before = /** @type {Result} */ (JSON.parse(String(kept.result)));
      if (!isContinuation(before, result)) return isContinuation(result, before) ? 'known' : 'conflict';
      if (before.answers.length === result.answers.length && Boolean(before.finished) === Boolean(result.finished))
        return 'known';
    }
    this.#database.run('INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?)', [
      result.id,
      result.rater,
      result.answers.length,
      result.finished ? 1 : 0,
      new Date().toISOString(),
      JSON.stringify(result),
    ]);
    return 'stored';
  }

  get count() {
    return Number(this.#database.get('SELECT count(*) AS count FROM results')?.count);
  }

  /** @param {string} id */
  has(id) {
    return this.#database.get('SELECT 1 FROM results WHERE id = ?', id) !== null;
  }

  /** Every result as a line of JSON, in the order of arrival. */
  lines() {
    return this.#database.all('SELECT result FROM results ORDER BY received, id').map(({ result }) => `${result}\n`);
  }

  close() {
    this.#database.close();
  }
}

/** Whether a result holds all of an earlier one. @param {Result} before @param {Result} after */
function isContinuation(before, after) {
  if (
    before.rater !== after.rater ||
    before.started !== after.started ||
    (before.finished && before.finished !== after.finished)
  )
    return false;
  return before.answers.every((answer, index) => JSON.stringify(answer) === JSON.stringify(after.answers[index]));
}

/** SQLite in WebAssembly locks with a folder, and a process that is killed leaves the folder. @param {string} folder */
function removeStaleLock(folder) {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found && Date.now() - found.mtimeMs > STALE_LOCK_MILLISECONDS) rmdirSync(folder);
}
