// Types of `lic-codec/element`.

/**
 * `<lic-img>`, not registered: import `lic-codec/define`, or define a subclass under a name of your own.
 * Attributes and properties are those of `<img>`; what differs is said here. The manual: docs/lic-img.md.
 */
export class LicImgElement extends HTMLElement {
  static observedAttributes: string[];
  src: string;
  srcset: string;
  sizes: string;
  alt: string;
  /** In CSS pixels, as shown. */
  get width(): number;
  set width(value: number | string);
  get height(): number;
  set height(value: number | string);
  /** `lazy` waits until the element comes near the viewport, or the page is printed. */
  get loading(): 'eager' | 'lazy';
  set loading(value: string);
  /** `sync` shows nothing before the whole picture is there. */
  get decoding(): 'sync' | 'async' | 'auto';
  set decoding(value: string);
  get fetchPriority(): 'high' | 'low' | 'auto';
  set fetchPriority(value: string);
  get crossOrigin(): 'anonymous' | 'use-credentials' | null;
  set crossOrigin(value: string | null);
  get referrerPolicy(): ReferrerPolicy;
  set referrerPolicy(value: string);
  /** Of the file, over the density that `srcset` gives it, in CSS pixels; 0 before the header is there. */
  readonly naturalWidth: number;
  readonly naturalHeight: number;
  /** Whether there is nothing to wait for: no source, a picture that is shown, or one that has failed. */
  readonly complete: boolean;
  /** Address of the file that has been chosen. */
  readonly currentSrc: string;
  readonly x: number;
  readonly y: number;
  /** Why the picture is not shown: a LicError, or null. */
  readonly error: unknown;
  /**
   * Settles as the picture is shown or has failed. Loads a lazy picture, and that of an element which is not in a
   * document. Rejects with `error`, or with an EncodingError where there is nothing to load or the source is changed.
   */
  decode(): Promise<void>;
  /** The picture as PNG or, as `canvas.toBlob()` has it, of another type. Rejects as `decode()` does. */
  toBlob(type?: string, quality?: number): Promise<Blob>;
}

declare global {
  interface HTMLElementTagNameMap {
    'lic-img': LicImgElement;
  }
}
