// `lic-codec/server`: .lic pictures over HTTP, for those who can decode them and for those who cannot.
//
//   request ──target──> path, query ──source──> stored picture ──negotiate──┬──> the file, or a part of it
//                                                                           └──maker──> AVIF, WebP, JPEG, PNG

import { HttpProblem, toProblem, unavailable } from '../problem.js';
import { DiskCache } from './cache.js';
import { PictureMaker } from './maker.js';
import { createMetrics } from './metrics.js';
import { LIC_TYPE, TYPES, VARY, wantsFile } from './negotiate.js';
import { answerUnchanged, sendBytes, sendProblem, sendStored } from './respond.js';
import { readOptions } from './settings.js';
import { hash, openFolder, storedBytes } from './source.js';
import { parseTarget } from './target.js';

/**
 * @typedef {import('node:http').IncomingMessage} Request
 * @typedef {import('node:http').ServerResponse} Response
 * @typedef {import('./server.js').StoredPicture} StoredPicture
 * @typedef {import('./server.js').Source} Source
 * @typedef {import('./target.js').Target} Target
 */

const CLIENT_GONE = 499;

/**
 * @param {import('./server.js').LicHandlerOptions} options
 * @returns {Promise<import('./server.js').LicHandler>}
 */
export async function createLicHandler(options) {
  const settings = readOptions(options);
  const { source, diskCache, metrics } = settings;
  const find = typeof source === 'function' ? source : await openFolder(source, settings);
  const disk = diskCache ? await DiskCache.open(diskCache.folder, diskCache.maxBytes) : null;
  const maker = new PictureMaker(settings, settings.useSharp ? await importSharp(settings.isChosen) : null, disk);
  if (metrics) {
    const client = await importPeer('prom-client', 'metrics');
    const { jobs, cache } = maker;
    const gauges = { queued: () => jobs.queued, running: () => jobs.running, cacheBytes: () => cache.bytes };
    maker.metrics = createMetrics(client, metrics === true ? client.register : metrics.register, gauges);
  }
  const handler = new Handler(settings, find, maker);
  return Object.assign(handler.serve.bind(handler), {
    health: handler.health.bind(handler),
    close: handler.close.bind(handler),
  });
}

class Handler {
  #isClosed = false;
  #settings;
  #find;
  #maker;

  /** @param {ReturnType<typeof readOptions>} settings @param {Source} find @param {PictureMaker} maker */
  constructor(settings, find, maker) {
    this.#settings = settings;
    this.#find = find;
    this.#maker = maker;
  }

  /** @param {Request} request @param {Response} response @param {(error?: unknown) => void} [next] */
  serve(request, response, next) {
    const answering = this.#answer(request, response, Boolean(next));
    const done = answering.then(
      (answer) => answer ?? next?.(),
      (error) => this.#fail(error, request, response),
    );
    done.catch((error) => this.#settings.onError(error, request));
  }

  /** @param {Request} request @param {Response} response */
  health(request, response) {
    const { running, queued } = this.#maker.jobs;
    const answer = (/** @type {string} */ decoder) => {
      const isFull = queued >= Math.max(1, this.#settings.limits.maxQueue);
      const isWell = decoder === 'ok' && !isFull && !this.#isClosed;
      const facts = {
        status: isWell ? 'ok' : 'unavailable',
        decoder,
        running,
        queued,
        cacheBytes: this.#maker.cache.bytes,
      };
      response.setHeader('Content-Type', 'application/json');
      response.setHeader('Cache-Control', 'no-store');
      sendBytes(request, response, isWell ? 200 : 503, Buffer.from(`${JSON.stringify(facts)}\n`));
    };
    this.#maker.checkSample().then(
      () => answer('ok'),
      (error) => {
        this.#settings.onError(error, request);
        answer('failed');
      },
    );
  }

  async close() {
    this.#isClosed = true;
    this.#maker.close(unavailable('closing', 'the server is closing'));
  }

  /**
   * @param {Request} request @param {Response} response @param {boolean} mayPass to the next handler
   * @returns {Promise<true | null>} null: the request is not for this handler
   */
  async #answer(request, response, mayPass) {
    const target = parseTarget(request.url ?? '/', this.#settings.prefix);
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (mayPass && !(target && isRead)) return null;
    if (!isRead) throw new HttpProblem(405, 'bad_method', 'only GET and HEAD are answered', { Allow: 'GET, HEAD' });
    if (this.#isClosed) throw unavailable('closing', 'the server is closing');
    const signal = abortWhenGone(response);
    const stored = target && (await this.#open(target.path, signal));
    signal.throwIfAborted();
    if (target && stored) {
      await this.#send(request, response, target, stored, signal);
      return true;
    }
    if (mayPass) return null;
    throw new HttpProblem(404, 'not_found', 'there is no such picture');
  }

  /** @param {string} path @param {AbortSignal} signal @returns {Promise<StoredPicture | null>} */
  async #open(path, signal) {
    const found = await this.#find(path, { signal });
    return found instanceof Uint8Array ? storedBytes(found) : found;
  }

  /**
   * @param {Request} request @param {Response} response @param {Target} target @param {StoredPicture} stored
   * @param {AbortSignal} signal
   */
  async #send(request, response, target, stored, signal) {
    this.#setHeaders(response);
    response.setHeader('Cache-Control', this.#settings.cacheControl);
    if (!target.format) response.appendHeader('Vary', VARY); // what others have said stays
    if (stored.lastModified) response.setHeader('Last-Modified', stored.lastModified.toUTCString());
    if (wantsFile(target, request.headers)) {
      response.setHeader('Content-Type', LIC_TYPE);
      response.setHeader('ETag', `"${stored.etag}"`);
      response.setHeader('Accept-Ranges', 'bytes');
      if (answerUnchanged(request, response)) return this.#count('lic', response, 0);
      return this.#count('lic', response, await sendStored(request, response, stored));
    }
    const variant = await this.#maker.choose(target, request.headers, stored);
    response.setHeader('Content-Type', TYPES[variant.format]);
    // Weak: another machine's pixels, and so its bytes, may differ a little.
    response.setHeader('ETag', `W/"${hash(this.#maker.key(target.path, stored, variant))}"`);
    if (answerUnchanged(request, response)) return this.#count(variant.format, response, 0);
    const bytes = await this.#maker.make(target.path, stored, variant, signal);
    this.#count(variant.format, response, sendBytes(request, response, 200, bytes));
  }

  /** @param {unknown} error @param {Request} request @param {Response} response */
  #fail(error, request, response) {
    if (response.destroyed && isLeaving(error)) return this.#maker.metrics?.answered('none', CLIENT_GONE, 0);
    const problem = toProblem(error);
    if (problem.status >= 500) this.#settings.onError(error, request);
    // What has begun as a picture cannot end as a message: the client must see that it is broken.
    if (response.headersSent || response.destroyed) return response.destroy();
    this.#setHeaders(response);
    sendProblem(request, response, problem);
    this.#count('problem', response, 0);
  }

  /** @param {Response} response */
  #setHeaders(response) {
    response.setHeader('X-Content-Type-Options', 'nosniff');
    for (const [name, value] of Object.entries(this.#settings.headers)) response.setHeader(name, value);
  }

  /** @param {string} format @param {Response} response @param {number} bytes */
  #count(format, response, bytes) {
    this.#maker.metrics?.answered(format, response.statusCode, bytes);
  }
}

/** Whether an error says only that the client is gone. @param {any} error */
const isLeaving = (error) => error?.name === 'AbortError' || error?.code === 'ERR_STREAM_PREMATURE_CLOSE';

/**
 * @param {Response} response
 * @returns {AbortSignal} aborted when the connection closes before the answer was written
 */
function abortWhenGone(response) {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort(new DOMException('the client is gone', 'AbortError'));
  });
  return controller.signal;
}

/** @param {boolean} isNeeded whether its absence is an error */
async function importSharp(isNeeded) {
  try {
    return (await importPeer('sharp', 'formats')).default;
  } catch (error) {
    if (isNeeded) throw error;
    return null;
  }
}

/** @param {string} name @param {string} option that needs it @returns {Promise<any>} the module */
async function importPeer(name, option) {
  try {
    return await import(name);
  } catch (cause) {
    throw new Error(`the option ${option} needs the package ${name}, which cannot be loaded`, { cause });
  }
}
