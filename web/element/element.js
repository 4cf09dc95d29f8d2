// <lic-img>: shows a .lic file as an <img> shows another.
//
//   attributes ──> sources.js: which file ──> viewport.js: when ──> request.js: fetch, decode, paint ──> load event
//
// The life cycle is that of the HTML standard. Changed attributes are looked at together, in a microtask. Each load is
// an ImageRequest; one that is no longer #current (or #pending, for a change of the viewport) is aborted and says
// nothing more. What is #shown stays until something newer can be painted. Children are the fallback. The class is
// importable where there is no DOM; define.js registers it.

import { LicError } from '../common/errors.js';
import { Appearance } from './appearance.js';
import { ImageAttributes, adoptProperties, dimension, toUnsigned } from './attributes.js';
import { offerFile } from './drag.js';
import { forget, keep } from './memory.js';
import { ImageRequest, naturalSize } from './request.js';
import { findSources } from './sources.js';
import { unwatch, watch } from './viewport.js';

/** @typedef {import('./srcset.js').Candidate} Candidate */

const RELOADING = ['src', 'srcset', 'crossorigin', 'referrerpolicy'];

/**
 * Shows a .lic file as an `<img>` shows another; its children are the fallback.
 * @element lic-img
 * @slot - Shown where the picture cannot be: before the element is defined, and when loading has failed.
 * @csspart picture - The canvas.
 * @csspart alt - The text of `alt`, shown when loading has failed and there are no children.
 * @cssstate idle - There is nothing to load.
 * @cssstate waiting - `loading="lazy"`, and the viewport is far.
 * @cssstate loading - The file is being fetched or decoded.
 * @cssstate loaded - The picture is shown.
 * @cssstate error - There is no picture.
 * @fires {Event} load - The picture is shown.
 * @fires {ErrorEvent} error - There is no picture; `error` says why, a LicError.
 * @fires {ProgressEvent} progress - `loaded` of `total` is the part of the decoding that is done.
 */
export class LicImgElement extends ImageAttributes {
  static observedAttributes = [
    ...RELOADING,
    'sizes',
    'alt',
    'width',
    'height',
    'loading',
    'draggable',
    'class',
    'style',
  ];

  #appearance = new Appearance(this);
  /** @type {import('./appearance.js').State} */
  #state = 'idle';
  /** @type {unknown} */
  #error = null;
  /** The request that the properties tell of. @type {ImageRequest | null} */
  #current = null;
  /** One that takes its place when it is loaded, because the viewport has changed. @type {ImageRequest | null} */
  #pending = null;
  /** The request whose canvas is seen. @type {ImageRequest | null} */
  #shown = null;
  #currentSrc = '';
  #isNear = false;
  /** Whether decode() has asked for what would not load by itself. */
  #isWanted = false;
  #isScheduled = false;
  #mustReload = false;

  connectedCallback() {
    adoptProperties(this);
    if (!this.#isHere) return;
    this.#appearance.dress();
    this.#resize();
    watch(this, { moved: this.#moved, resized: this.#reconsider });
    if (this.#state === 'idle') this.#schedule();
    if (this.#current?.loaded) this.#settle();
  }

  disconnectedCallback() {
    unwatch(this);
    this.#appearance.undress();
    // An element is moved by removing and inserting it; that is not the end of a load.
    queueMicrotask(() => {
      if (!this.#isHere) this.#leave();
    });
  }

  /** Whether it may be seen. Documents without a window, as of createHTMLDocument(), neither style nor load it. */
  get #isHere() {
    return this.isConnected && this.ownerDocument.defaultView !== null;
  }

  /** With this callback, moveBefore() neither disconnects nor connects the element. */
  connectedMoveCallback() {}

  /** @param {string} name */
  attributeChangedCallback(name) {
    if (RELOADING.includes(name)) {
      this.#mustReload = true;
      this.#isWanted = false;
    }
    if (name === 'alt') this.#appearance.describe();
    else if (name === 'width' || name === 'height') this.#resize();
    else if (name === 'class' || name === 'style') this.#appearance.fit();
    else if (name === 'draggable') this.#appearance.setDraggable();
    else this.#schedule();
  }

  /**
   * The width in CSS pixels at which the picture is shown; before that the attribute's, or the picture's.
   * @type {number} @attr
   */
  get width() {
    return this.#appearance.measure('width') ?? Math.trunc(dimension(this, 'width')?.value ?? this.naturalWidth);
  }
  set width(value) {
    this.setAttribute('width', toUnsigned(value));
  }

  /**
   * The height in CSS pixels at which the picture is shown; before that the attribute's, or the picture's.
   * @type {number} @attr
   */
  get height() {
    return this.#appearance.measure('height') ?? Math.trunc(dimension(this, 'height')?.value ?? this.naturalHeight);
  }
  set height(value) {
    this.setAttribute('height', toUnsigned(value));
  }

  /** Width of the picture in CSS pixels: those of the file, over the density that `srcset` gives it. @type {number} */
  get naturalWidth() {
    return Math.trunc(naturalSize(this.#current)[0]);
  }

  /** Height of the picture in CSS pixels. @type {number} */
  get naturalHeight() {
    return Math.trunc(naturalSize(this.#current)[1]);
  }

  /**
   * Whether there is nothing to wait for: no source, a picture that is shown, or one that has failed.
   * @type {boolean}
   */
  get complete() {
    if (!this.getAttribute('src') && !this.hasAttribute('srcset')) return true;
    return !this.#isScheduled && !this.#pending && (this.#state === 'loaded' || this.#state === 'error');
  }

  /** Address of the file that has been chosen. @type {string} */
  get currentSrc() {
    return this.#currentSrc;
  }

  /** Why the picture is not shown: a LicError, or null. @type {unknown} */
  get error() {
    return this.#error;
  }

  /**
   * Settles as the picture is shown or has failed. Loads a lazy picture, and that of an element which is not in a
   * document. Rejects with `error`, or with an EncodingError where there is nothing to load or the source is changed.
   * @returns {Promise<void>}
   */
  async decode() {
    adoptProperties(this);
    this.#isWanted = true;
    if (!this.#current) this.#schedule();
    // The microtask that looks at the attributes goes first.
    await undefined;
    if (this.#error && !this.#current) throw this.#error;
    if (!this.#current) throw new DOMException('there is no picture to load', 'EncodingError');
    await this.#current.done;
  }

  /**
   * The picture as a file of another format: to copy it, to save it.
   * @param {string} [type] as canvas.toBlob() has it
   * @param {number} [quality]
   * @returns {Promise<Blob>}
   */
  async toBlob(type = 'image/png', quality) {
    await this.decode();
    return /** @type {ImageRequest} */ (this.#current).toBlob(type, quality);
  }

  #schedule() {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#update();
    });
  }

  /** Acts on the attributes as they are now. */
  #update() {
    const mustReload = this.#mustReload;
    this.#mustReload = false;
    if (mustReload) {
      this.#drop();
      this.#error = null;
    } else if (this.#current) {
      return this.#reconsider();
    } else if (this.#state === 'error') {
      return;
    }
    const hasSource = this.hasAttribute('src') || this.hasAttribute('srcset');
    if (!hasSource || !(this.#isHere || this.#isWanted)) return this.#clear();
    const { chosen } = this.#find();
    if (!chosen) return this.#fail(new LicError('io_error', 'neither src nor srcset names a picture'));
    this.#currentSrc = chosen.url;
    if (this.loading === 'lazy' && !this.#isNear && !this.#isWanted) this.#enter('waiting');
    else this.#load();
  }

  #find() {
    return findSources(this, (length) => this.#appearance.measureLength(length));
  }

  #load() {
    const { chosen } = this.#find();
    if (!chosen) return;
    this.#enter('loading');
    const request = this.#request(chosen, {
      sized: () => this.#resize(),
      painted: () => {
        if (this.decoding !== 'sync') this.#show(request);
      },
      progressed: (fraction) => {
        this.dispatchEvent(new ProgressEvent('progress', { lengthComputable: true, loaded: fraction, total: 1 }));
      },
    });
    this.#current = request;
    this.#currentSrc = request.url;
    request.done.then(
      () => this.#finish(request),
      (error) => {
        if (!request.aborted) this.#fail(error);
      },
    );
  }

  /**
   * @param {Candidate} candidate @param {Pick<import('./request.js').Hooks, 'sized' | 'painted' | 'progressed'>} hooks
   */
  #request({ url, density }, hooks) {
    const credentials = this.crossOrigin === 'use-credentials' ? 'include' : 'same-origin';
    const referrerPolicy = /** @type {ReferrerPolicy} */ (this.referrerPolicy);
    const { standIn } = this.#appearance;
    /** @type {ImageRequest} */
    const request = new ImageRequest(
      url,
      density,
      { credentials, referrerPolicy, priority: this.fetchPriority },
      {
        ...hooks,
        begun: (...values) => request === this.#shown && standIn.begin(...values),
        added: (...values) => request === this.#shown && standIn.add(...values),
        renewed: () => {
          if (request !== this.#shown) return;
          standIn.drop();
          this.#appearance.refine();
        },
      },
    );
    return request;
  }

  /** @param {ImageRequest} request that is loaded */
  #finish(request) {
    if (request.aborted) return;
    this.#show(request);
    offerFile(request);
    this.#settle();
    this.#enter('loaded');
    this.dispatchEvent(new Event('load'));
    this.#reconsider();
  }

  /** @param {unknown} error */
  #fail(error) {
    this.#drop();
    this.#hide();
    this.#error = error;
    this.#enter('error');
    const message = error instanceof Error ? error.message : String(error);
    this.dispatchEvent(new ErrorEvent('error', { error, message }));
  }

  /**
   * Looks for a file that fits better, when the viewport or the screen has changed. What is shown stays until then.
   */
  #reconsider = () => {
    this.#appearance.fit();
    if (!this.srcset) return;
    if (this.#state === 'waiting') this.#schedule();
    const current = this.#current;
    if (this.#state !== 'loaded' || !current) return;
    const { candidates, chosen } = this.#find();
    if (!chosen) return;
    const present = candidates.find(({ url }) => url === current.url);
    // A file that is there already and has more pixels than needed is as good.
    if (present && present.density >= chosen.density) {
      this.#pending?.close();
      this.#pending = null;
      current.density = present.density;
      return this.#resize();
    }
    if (this.#pending?.url === chosen.url) return;
    this.#pending?.close();
    const nothing = () => {};
    const request = (this.#pending = this.#request(chosen, { sized: nothing, painted: nothing, progressed: nothing }));
    const isOver = () => {
      if (this.#pending === request) this.#pending = null;
    };
    request.done.then(() => {
      if (request.aborted) return;
      isOver();
      this.#current = request;
      this.#currentSrc = request.url;
      this.#finish(request);
    }, isOver);
  };

  /** @param {boolean} isNear */
  #moved = (isNear) => {
    this.#isNear = isNear;
    if (this.#state === 'waiting' && isNear) this.#load();
    else if (this.#current?.loaded) this.#settle();
  };

  /** Sees to it that a picture near the viewport has its pixels; others may lose theirs. */
  #settle() {
    const request = /** @type {ImageRequest} */ (this.#current);
    const count = () => {
      if (!this.#isHere || request !== this.#current) return;
      keep(request, !this.#isNear);
      this.#appearance.refine();
    };
    count();
    if (!this.#isNear) return;
    request.restore().then(count, (error) => {
      if (!request.aborted && error.name !== 'AbortError') this.#fail(error);
    });
  }

  /** The element has been removed. */
  #leave() {
    this.#isNear = false;
    if (this.#state === 'waiting' || this.#state === 'loading') return this.#clear();
    this.#pending?.close();
    this.#pending = null;
    if (!this.#current) return;
    forget(this.#current);
    this.#current.release();
  }

  #clear() {
    this.#drop();
    this.#hide();
    this.#currentSrc = '';
    this.#enter('idle');
  }

  /** Ends what is loading and lets go of what is loaded. What is seen stays until something else is shown. */
  #drop() {
    this.#pending?.close();
    this.#current?.abort();
    this.#pending = this.#current = null;
  }

  #hide() {
    this.#show(null);
    this.#resize();
  }

  /** @param {ImageRequest | null} request */
  #show(request) {
    const before = this.#shown;
    if (before === request) return;
    this.#shown = request;
    before?.close();
    if (before) forget(before);
    this.#appearance.show(request && request.canvas);
    this.#resize();
  }

  /** @param {import('./appearance.js').State} state */
  #enter(state) {
    this.#state = state;
    this.#appearance.enter(state);
  }

  #resize() {
    this.#appearance.resize(naturalSize(this.#shown ?? this.#current));
  }
}
