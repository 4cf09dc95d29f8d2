// Types of `lic-codec/element`.

/** `<lic-img>`, not registered: import `lic-codec/define`, or define a subclass under a name of your own. */
export class LicImgElement extends HTMLElement {
  static observedAttributes: string[];
  src: string;
  alt: string;
  width: number;
  height: number;
  /** `lazy` waits until the element comes near the viewport. */
  loading: 'eager' | 'lazy';
  readonly naturalWidth: number;
  readonly naturalHeight: number;
  /** Whether there is nothing to wait for: no src, or a picture that is shown or has failed. */
  readonly complete: boolean;
  readonly currentSrc: string;
  /** Why the picture is not shown: a LicError, or null. */
  readonly error: unknown;
  /** Settles as the picture is shown or has failed; rejects with `error`. */
  decode(): Promise<void>;
}

declare global {
  interface HTMLElementTagNameMap {
    'lic-img': LicImgElement;
  }
}
