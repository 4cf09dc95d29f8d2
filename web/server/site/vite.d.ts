// Types of `lic-codec/vite`.

import type { Plugin } from 'vite';

import type { PictureOptions } from './static.js';

/**
 * Vite plugin: the `<img>` of HTML pages become `<lic-img>` where that saves bytes, in the built site and in the
 * development server. In scripts, `import url from './photo.jpg?lic'` gives the URL of a picture's .lic file.
 */
export function licImages(options?: PictureOptions): Plugin;
