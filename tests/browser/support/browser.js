// A browser for the browser tests, and a page under the strict Content-Security-Policy of the demo server. It is
// Chromium; with LIC_TEST_BROWSER=firefox it is a stock Firefox, such as Debian's, by WebDriver BiDi.
//
// playwright-core stays at 1.64: later ones call emulation.setMediaFeaturesOverride, which Firefox 153 (ESR) does not
// know.

import { existsSync } from 'node:fs';
import { after, before, test as nodeTest } from 'node:test';

import { chromium, firefox } from 'playwright-core';

import { CSP, serve } from '../../../web/demo/serve.js';
import { LEFT_TO_CHROMIUM } from './chromium-only.js';

const BROWSERS = {
  chromium: {
    title: 'Chromium',
    places: [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'],
    start: (executablePath) => chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] }),
  },
  firefox: {
    title: 'Firefox',
    places: [process.env.FIREFOX, '/usr/bin/firefox-esr', '/usr/bin/firefox'],
    start: (executablePath, firefoxUserPrefs) =>
      firefox.launch({ channel: 'moz-firefox', executablePath, firefoxUserPrefs }),
  },
};
const chosen = process.env.LIC_TEST_BROWSER || 'chromium';
if (!(chosen in BROWSERS)) throw new Error(`LIC_TEST_BROWSER is ${chosen}, not ${Object.keys(BROWSERS).join(' or ')}`);
const { title, places, start } = BROWSERS[chosen];

export const isFirefox = chosen === 'firefox';
export const executablePath = places.find((path) => path && existsSync(path));

/** For `test(name, {skip}, ...)`: false, or why the browser tests cannot run. */
export const skip = executablePath ? false : `${title} is missing: install it, or name it in ${chosen.toUpperCase()}`;

/** node:test's, but for those tests that are left to Chromium. */
export function test(name, ...rest) {
  if (!isFirefox || !(name in LEFT_TO_CHROMIUM.tests)) nodeTest(name, ...rest);
}

export const FOLDERS = [
  'dist',
  'models',
  'tests/models',
  'tests/vectors',
  'tests/web',
  'tests/browser',
  'web/demo',
  'samples',
  'demo-out',
];

/** @param {Record<string, unknown>} [preferences] of Firefox */
export const launch = (preferences = {}) => start(executablePath, preferences);

/**
 * Of Firefox, for options of a context that WebDriver BiDi has no words for, or only some: (scripting) of CSS would not
 * know.
 */
const preferencesFor = ({ colorScheme, javaScriptEnabled } = {}) => ({
  ...(colorScheme === 'dark' && { 'layout.css.prefers-color-scheme.content-override': 0 }),
  ...(javaScriptEnabled === false && { 'javascript.enabled': false }),
});

/** Starts a browser before the tests of the calling file and ends it after them; gives a function that opens pages. */
export function useBrowser() {
  /** By their preferences. @type {Map<string, Promise<import('playwright-core').Browser>>} */
  const browsers = new Map();
  const closing = [];
  const browserFor = (context) => {
    const preferences = isFirefox ? preferencesFor(context) : {};
    const key = JSON.stringify(preferences);
    if (!browsers.has(key)) browsers.set(key, launch(preferences));
    return browsers.get(key);
  };
  before(() => (skip ? undefined : browserFor()));
  after(async () => {
    for (const browser of browsers.values()) await (await browser).close();
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
  return async function openPage({
    path = 'tests/browser/support/page.html',
    csp = CSP,
    headers,
    context,
    prepare,
  } = {}) {
    // Nor for this one.
    const server = await serve({ csp: isFirefox && context?.bypassCSP ? '' : csp, headers, folders: FOLDERS });
    closing.push(server.close);
    const page = await (
      await browserFor(context)
    ).newPage(isFirefox ? { ...context, javaScriptEnabled: undefined } : context);
    const problems = watch(page);
    await page.addInitScript(() => {
      // Bytes as text: WebDriver BiDi takes a minute for an array of a million numbers.
      globalThis.pack = (bytes) => btoa(Array.from(bytes, (value) => String.fromCharCode(value)).join(''));
      globalThis.violations = [];
      addEventListener('securitypolicyviolation', (event) =>
        globalThis.violations.push(`${event.violatedDirective} ${event.blockedURI}`),
      );
    });
    await prepare?.(page, server.url);
    await page.goto(server.url + path);
    return { page, url: server.url, problems };
  };
}

/** The bytes that pack() in the page has made a text of. @param {string} text */
export const unpack = (text) => new Uint8ClampedArray(Buffer.from(text, 'base64'));

/** What the page and its workers complain about: uncaught errors, and violations of the policy. */
export function watch(page) {
  const problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  return problems;
}
