// `lic-codec/static`: what the command lic-static does, for build scripts.

export { EncoderMissing } from './encoder.js';
export { convertSite } from './site.js';
