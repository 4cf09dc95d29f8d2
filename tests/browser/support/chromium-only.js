// What the tests leave to Chromium when they run in Firefox, and why: the only place that says so. run.js leaves the
// files out, browser.js the tests.

const NO_TREE = 'WebDriver BiDi shows no accessibility tree';
const NO_DENSITY = 'WebDriver BiDi cannot change the density of the screen of an open page';
const OWN_CHROMIUM = 'starts Chromium itself, with a density of the screen that is given on the command line';

/** @satisfies {Record<'files' | 'tests', Record<string, string>>} */
export const LEFT_TO_CHROMIUM = {
  files: {
    'mos/mos.test.js': OWN_CHROMIUM,
    'mos/mos-panel.test.js': OWN_CHROMIUM,
    'evaluation/report.test.js':
      'looks at pages on paper and with reduced motion, for which WebDriver BiDi has no words',
  },
  tests: {
    'assistive technology sees an image with its alternative text': NO_TREE,
    'assistive technology hears what it hears of an <img>, and of a fallback only that': NO_TREE,
    'another density of the screen': NO_DENSITY,
    'complaint 11: memory is never returned. Here a page is as small after 12 pictures of 12 megapixels as it was':
      'WebDriver BiDi neither collects garbage nor names processes',
    'beside a rival: the boundary moves by keys and pointer, zoom pans':
      'the last drag of the test does not pan in Firefox; whether page or protocol is to blame is not known',
    'the manual: saving': 'WebDriver BiDi tells of no download of a blob: URL',
  },
};

/**
 * Results beside <img> (element/beside-img.js) in which Firefox's <img> is another than Chromium's, which <lic-img>
 * follows.
 */
export const OTHER_IMG_IN_FIREFOX = [
  {
    result: /^(width|height)=(7\.5|50%|\+3)$/,
    because: 'the property of an <img> that is not rendered is 0 where the attribute is no whole number',
  },
  { result: /^sizes auto, 300px$/, because: 'auto is left out where the <img> is not lazy' },
  { result: /^broken$/, because: 'naturalHeight is rounded where it is no whole number, and not cut' },
  {
    result: /^display: flex; height: 80px/,
    because: 'an <img> that is stretched takes its width from the ratio, a box with the same ratio does not',
  },
];
