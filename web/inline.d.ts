// Types of `lic-codec/inline`: those of `lic-codec`, and what another entry needs to do without files as well.

import type { Configuration } from './index.js';

export * from './index.js';

/**
 * The decoder and the model that ride in this module, and no workers: for `configure()` of `lic-codec`, so that
 * `<lic-img>` loads nothing but pictures.
 */
export const embedded: Configuration;
