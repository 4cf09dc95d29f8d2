// Chromium for the browser tests, and a page under the strict Content-Security-Policy of the demo server.

import { existsSync } from 'node:fs';
import { after, before } from 'node:test';

import { chromium } from 'playwright-core';

import { CSP, serve } from '../../web/demo/serve.js';

const PLACES = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
export const executablePath = PLACES.find((path) => path && existsSync(path));

/** For `test(name, {skip}, ...)`: false, or why the browser tests cannot run. */
export const skip = executablePath ? false : 'Chromium is missing: install it, or name it in CHROMIUM';

export const FOLDERS = ['dist', 'models', 'tests/models', 'tests/vectors', 'tests/web', 'tests/browser', 'web/demo', 'samples', 'demo-out'];

export const launch = () => chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });

/** Starts a browser before the tests of the calling file and ends it behind them; gives a function that opens pages. */
export function useBrowser() {
  let browser;
  const closing = [];
  before(async () => {
    if (skip) return;
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    for (const close of closing) close();
  });

  /**
   * A page of a server of its own.
   * @param {object} [options]
   * @param {string} [options.path]
   * @param {string} [options.csp]
   * @param {Record<string, string>} [options.headers]
   * @param {object} [options.context] options of the browser's context
   * @param {(page: import('playwright-core').Page) => Promise<void>} [options.prepare] is called before the page loads
   */
  return async function openPage({ path = 'tests/browser/page.html', csp = CSP, headers, context, prepare } = {}) {
    const server = await serve({ csp, headers, folders: FOLDERS });
    closing.push(server.close);
    const page = await browser.newPage(context);
    const problems = watch(page);
    await page.addInitScript(() => {
      globalThis.violations = [];
      addEventListener('securitypolicyviolation', (event) => globalThis.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
    });
    await prepare?.(page, server.url);
    await page.goto(server.url + path);
    return { page, url: server.url, problems };
  };
}

/** What the page and its workers complain about: uncaught errors, and violations of the policy. */
export function watch(page) {
  const problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  return problems;
}
