// Types of `lic-codec/define`: importing it registers `<lic-img>`.

export { LicImgElement } from './element.js';
