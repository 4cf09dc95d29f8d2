// The snippets of a document, each of which is to be run by a test.

import assert from 'node:assert/strict';

import { readRoot } from '../support/vectors.js';

/**
 * @param {string} path of a document, from the root of the repository
 * @param {string} [language]
 * @returns {string[]} its snippets in that language, or all, from the top
 */
export function readSnippets(path, language = '\\w+') {
  return [
    ...readRoot(path)
      .toString()
      .matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms')),
  ].map(([, text]) => text);
}

/** Hands the snippets of a document out, and knows which nobody has wanted. */
export class Snippets {
  #path;
  #left;

  /** @param {string} path @param {string} [language] */
  constructor(path, language) {
    this.#path = path;
    this.#left = readSnippets(path, language);
  }

  /** @param {string | RegExp} mark of one snippet that has not been taken @returns {string} */
  take(mark) {
    const found = this.#left.filter((text) => (typeof mark === 'string' ? text.includes(mark) : mark.test(text)));
    assert.equal(found.length, 1, `${this.#path}: ${found.length} snippets with ${mark}`);
    this.#left = this.#left.filter((text) => text !== found[0]);
    return found[0];
  }

  /** To be called when all tests have taken theirs. */
  end() {
    assert.deepEqual(this.#left, [], `${this.#path}: snippets that no test runs`);
  }
}
