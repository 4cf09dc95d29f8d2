// The other end of the messages of pool.js: takes them in, runs an engine, answers. It runs in a worker or, where
// workers cannot start, on the page's thread.
//
//   page ──start──> here ──ready──> page ──job, bytes, bytes──> here ──preview, progress, waits──> page
//                                        ──cancel──>                 ──done or failed──>

import { packError } from '../common/errors.js';
import { nextTask } from '../common/turn.js';
import { Engine } from './engine.js';
import { Inbox } from './inbox.js';

const SLICE_MS = 8;
// The clock of Cloudflare Workers stands still while code runs. There a slice is so many steps.
const SLICE_STEPS = 16;

/**
 * @param {(message: import('../common/types.d.ts').FromWorker, transfer: Transferable[]) => void} post
 * @returns {(message: import('../common/types.d.ts').ToWorker) => void} receives
 */
export function createReceiver(post) {
  /** @type {Engine} */
  let engine;
  /** @type {Map<number, Inbox>} of the jobs that run */
  const inboxes = new Map();

  /** @param {number} id @param {import('../common/types.d.ts').Job} job */
  async function work(id, job) {
    const inbox = new Inbox();
    inboxes.set(id, inbox);
    const times = { entropy: 0, synthesis: 0 };
    const report = () => ({ times, engine: engine.state });
    /** @type {import('../common/types.d.ts').Events} */
    const events = {
      preview: (preview) => post({ type: 'preview', id, preview }, [preview.pixels.buffer]),
      progress: (progress) =>
        post({ type: 'progress', id, progress }, progress.strip ? [progress.strip.image.pixels.buffer] : []),
      waits: () => post({ type: 'waits', id }, []),
    };
    try {
      const result = await engine.run(job, inbox, events, makePause(), times);
      const transfer =
        result === null || typeof result === 'string' ? [] : ['pixels' in result ? result.pixels.buffer : result];
      post({ type: 'done', id, result, report: report() }, transfer);
    } catch (error) {
      post({ type: 'failed', id, error: packError(error), report: report() }, []);
    } finally {
      inboxes.delete(id);
    }
  }

  return (message) => {
    if (message.type === 'start') {
      engine = new Engine(message.module);
      post({ type: 'ready' }, []);
    } else if (message.type === 'job') {
      void work(message.id, message.job);
    } else if (message.type === 'bytes') {
      inboxes.get(message.id)?.put(message.bytes, message.complete);
    } else if (message.type === 'cancel') {
      inboxes.get(message.id)?.fail(new Error('cancelled'));
    } else if (message.type === 'end') {
      engine?.drop();
    }
  };
}

/** Between slices the thread is free for other work: in a worker for messages, on a page's thread for the page. */
function makePause() {
  let since = performance.now();
  let steps = 0;
  return async () => {
    const passed = performance.now() - since;
    if (passed < SLICE_MS && (passed > 0 || ++steps < SLICE_STEPS)) return;
    await nextTask();
    since = performance.now();
    steps = 0;
  };
}
