// lic-codec/element: the class of <lic-img>, not registered.

export { LicImgElement } from './element/element.js';
