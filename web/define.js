// Importing this registers <lic-img>.

import { LicImgElement } from './element.js';

if (globalThis.customElements && !customElements.get('lic-img')) customElements.define('lic-img', LicImgElement);

export { LicImgElement };
