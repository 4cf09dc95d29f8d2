// The other end of the messages of pool.js: takes them in, runs an engine for each module of code, answers. It runs in
// a worker or, where workers cannot start, on the page's thread.
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
  /** @type {Map<number, Engine>} by the serial of their code */
  const engines = new Map();
  /** @type {Map<number, Inbox>} of the jobs that run */
  const inboxes = new Map();

  /** @param {import('../common/types.d.ts').Code} code */
  function engineFor({ serial, module }) {
    let engine = engines.get(serial);
    if (!engine) {
      engine = new Engine(/** @type {WebAssembly.Module} */ (module));
      engines.set(serial, engine);
    }
    return engine;
  }

  /** @param {number} id @param {import('../common/types.d.ts').Job} job */
  async function work(id, job) {
    const inbox = new Inbox();
    inboxes.set(id, inbox);
    const times = { entropy: 0, synthesis: 0 };
    const report = () => ({ times, engine: sumStates([...engines.values()]) });
    /** @type {import('../common/types.d.ts').Events} */
    const events = {
      preview: (preview) => post({ type: 'preview', id, preview }, [preview.pixels.buffer]),
      progress: (progress) =>
        post({ type: 'progress', id, progress }, progress.strip ? [progress.strip.image.pixels.buffer] : []),
      waits: () => post({ type: 'waits', id }, []),
    };
    try {
      const result = await engineFor(job.code).run(job, inbox, events, makePause(), times);
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
      post({ type: 'ready' }, []);
    } else if (message.type === 'job') {
      void work(message.id, message.job);
    } else if (message.type === 'bytes') {
      inboxes.get(message.id)?.put(message.bytes, message.complete);
    } else if (message.type === 'cancel') {
      inboxes.get(message.id)?.fail(new Error('cancelled'));
    } else if (message.type === 'end') {
      for (const engine of engines.values()) engine.drop();
    }
  };
}

/** @param {Engine[]} engines @returns {import('../common/types.d.ts').EngineState} */
function sumStates(engines) {
  const sum = { memoryBytes: 0, created: 0, recycled: 0, dropped: 0 };
  for (const { state } of engines) {
    sum.memoryBytes += state.memoryBytes;
    sum.created += state.created;
    sum.recycled += state.recycled;
    sum.dropped += state.dropped;
  }
  return sum;
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
