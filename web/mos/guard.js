// Watches whether pictures can be shown pixel by pixel; while they cannot, a dialog says why and the clock stands
// still.

import { byId } from './cards.js';
import { neededRoom, problemOfDisplay } from './layout.js';

/**
 * @param {import('./plan.js').Plan} plan
 * @param {import('./stage.js').Stage} stage
 * @param {import('./clock.js').Clock} clock
 */
export function guardDisplay(plan, stage, clock) {
  const dialog = byId('blocked');
  let isExact = true;

  function check() {
    const inexact = isExact ? null : 'The browser scales the pictures. Set the zoom of the page back to 100 %.';
    const problem =
      problemOfDisplay(stage.room, neededRoom(plan, devicePixelRatio), visualViewport?.scale ?? 1) ?? inexact;
    byId('blocked-text').textContent = problem ?? '';
    if (problem) clock.hold('display');
    else clock.release('display');
    if (problem && !dialog.open) dialog.showModal();
    if (!problem && dialog.open) dialog.close();
  }

  /** A window that moves to another screen has another ratio without another size. */
  function watchRatio() {
    matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener(
      'change',
      () => {
        stage.place();
        check();
        watchRatio();
      },
      { once: true },
    );
  }

  stage.onSize = (exact) => {
    isExact = exact;
    check();
  };
  addEventListener('resize', check);
  visualViewport?.addEventListener('resize', check);
  document.addEventListener('visibilitychange', () =>
    document.hidden ? clock.hold('hidden') : clock.release('hidden'),
  );
  watchRatio();
  check();
}
