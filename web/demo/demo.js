// The demo page. Its sections stand for themselves: where files are missing, one says so and the others go on.
//
//   catalog.js ──> entries ──> compare.js, made.js, dial.js, gallery.js
//   dropped or picked file ──> own.js
//   stats() ──> live.js

import '../../dist/define.js';
import { listEntries } from './catalog.js';
import { Compare } from './compare.js';
import { Dial } from './dial.js';
import { showGallery } from './gallery.js';
import { showLive } from './live.js';
import { showParts } from './made.js';
import { OwnFile } from './own.js';
import { offerThemes } from './theme.js';

/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {string} text */
function complain(text) {
  const problem = byId('problem');
  problem.hidden = false;
  problem.textContent = `${problem.textContent} ${text}.`.trim();
}

offerThemes(/** @type {HTMLButtonElement} */ (byId('theme')));
showLive(byId('live'));
new OwnFile(byId('own'));
const dial = new Dial(byId('quality'));
const compare = new Compare(byId('compare'), (entry) => {
  showParts(byId('made'), entry);
  dial.open(entry);
});

const entries = await listEntries(complain);
compare.list(entries);
// The gallery comes after the first picture, so that its pictures do not slow down what is timed.
await compare.open(entries[0]);
showGallery(byId('gallery'), entries, (entry) => {
  byId('compare').scrollIntoView();
  byId('compare').focus({ preventScroll: true });
  void compare.open(entry);
});
