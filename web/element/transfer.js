// One file on its way to all pictures of a page that load it at the same time: it is fetched once and decoded once.
//
//   fetch ──> file
//      └────> decodeStrips() ──> receivers that were there before the first strip
//                                └──> those that came later: a copy, when it is done

import { LicError } from '../common/errors.js';
import { responseBody } from '../file/reader.js';
import { decodeStrips } from '../index.js';

/**
 * @typedef {import('../index.d.ts').Info} Info
 * @typedef {{image: ImageData, y: number}} Strip
 * @typedef {object} Receiver what a picture does with a file that is decoded
 * @property {(info: Info) => void} sized
 * @property {(preview: ImageData) => void} begun
 * @property {(strip: Strip) => void} added
 * @property {(fraction: number) => void} progressed
 * @typedef {Receiver & {
 *   canvas: HTMLCanvasElement,
 *   copied: (canvas: HTMLCanvasElement, colorSpace?: PredefinedColorSpace) => void,
 *   failed: (error: unknown) => void,
 * }} Member a receiver, its canvas, and how it takes the canvas of another one
 */

/** Those that run, by what they ask for. @type {Map<string, Transfer>} */
const running = new Map();

export class Transfer {
  /** @type {Promise<Blob>} */
  file;
  /** @type {Promise<void>} */
  done;
  #key;
  #controller = new AbortController();
  /** @type {Set<Member>} */
  #members = new Set();
  /** Those among them that get every strip. @type {Set<Member>} */
  #complete = new Set();
  /** @type {Info | null} */
  #info = null;
  /** @type {ImageData | null} */
  #preview = null;
  #hasStrips = false;
  /** Of the strips; Firefox, which knows one only, does not say. @type {PredefinedColorSpace | undefined} */
  #colorSpace;

  /** @param {string} key @param {string} url @param {RequestInit} init */
  constructor(key, url, init) {
    this.#key = key;
    const { readable, file } = fetchFile(url, { ...init, signal: this.#controller.signal });
    this.file = file;
    this.done = this.#run(readable).finally(() => this.#forget());
    this.done.catch(() => {});
  }

  /**
   * Takes part in the transfer of a file, or begins it.
   * @param {string} url @param {RequestInit} init @param {Member} member
   */
  static join(url, init, member) {
    const key = [init.credentials, init.referrerPolicy, url].join(' ');
    const transfer = running.get(key) ?? new Transfer(key, url, init);
    running.set(key, transfer);
    transfer.#add(member);
    return transfer;
  }

  /** Ends the transfer when it was the last. @param {Member} member that wants nothing more */
  leave(member) {
    this.#members.delete(member);
    this.#complete.delete(member);
    if (this.#members.size) return;
    this.#forget();
    this.#controller.abort();
  }

  /** @param {Member} member */
  #add(member) {
    this.#members.add(member);
    if (!this.#hasStrips) this.#complete.add(member);
    const [info, preview] = [this.#info, this.#preview];
    if (info) this.#tell([member], () => member.sized(info));
    if (preview) this.#tell([member], () => member.begun(preview));
  }

  #forget() {
    if (running.get(this.#key) === this) running.delete(this.#key);
  }

  /** @param {ReadableStream<Uint8Array>} stream of the file */
  async #run(stream) {
    await this.#decode(stream);
    // All who saw the beginning may have left.
    while (!this.#complete.size) {
      this.#complete = new Set(this.#members);
      await this.#decode(await this.file);
    }
    const [{ canvas }] = this.#complete;
    const late = [...this.#members].filter((member) => !this.#complete.has(member));
    this.#tell(late, (member) => member.copied(canvas, this.#colorSpace));
  }

  /** @param {ReadableStream<Uint8Array> | Blob} source */
  async #decode(source) {
    const { signal } = this.#controller;
    const tell = (/** @type {(member: Member) => void} */ call) => this.#tell(this.#members, call);
    await decodeTo(source, signal, {
      sized: (info) => {
        if (!this.#info) tell((member) => member.sized(info));
        this.#info = info;
      },
      begun: (preview) => {
        this.#preview = preview;
        tell((member) => member.begun(preview));
      },
      added: (strip) => {
        this.#hasStrips = true;
        this.#colorSpace = strip.image.colorSpace;
        this.#tell(this.#complete, (member) => member.added(strip));
      },
      progressed: (fraction) => tell((member) => member.progressed(fraction)),
    }).catch((error) => {
      // Of a failed fetch the decoder learns only that the stream has ended; the error of the fetch says more.
      throw error.cause instanceof LicError ? error.cause : error;
    });
    signal.throwIfAborted();
  }

  /**
   * Tells members. One that fails, as for want of memory, is no reason for the others to.
   * @param {Iterable<Member>} members @param {(member: Member) => void} call
   */
  #tell(members, call) {
    for (const member of members) {
      try {
        call(member);
      } catch (error) {
        this.leave(member);
        member.failed(error);
      }
    }
  }
}

/** @param {ReadableStream<Uint8Array> | Blob} source @param {AbortSignal} signal @param {Receiver} receiver */
export async function decodeTo(source, signal, receiver) {
  await decodeStrips(source, {
    signal,
    onInfo: receiver.sized,
    preview: receiver.begun,
    onProgress: ({ fraction, strip }) => {
      if (strip) receiver.added(strip);
      receiver.progressed(fraction);
    },
  });
}

/**
 * Gives the file as a stream at once, so that the decoder starts while the server is still asked.
 * @param {string} url @param {RequestInit} init
 */
function fetchFile(url, init) {
  /** @type {Blob[]} */
  const parts = [];
  /** @type {TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>} */
  const { readable, writable } = new TransformStream({
    transform(chunk, controller) {
      parts.push(new Blob([chunk]));
      controller.enqueue(chunk);
    },
  });
  const fetching = async () => {
    const response = await fetch(url, init).catch((cause) => {
      throw new LicError('io_error', `cannot open ${url}`, { details: { url }, cause });
    });
    await (responseBody(response) ?? new Blob().stream()).pipeTo(writable);
    return new Blob(parts);
  };
  const file = fetching();
  file.catch((error) => writable.abort(error).catch(() => {}));
  return { readable, file };
}
