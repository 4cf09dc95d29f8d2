// Two versions of a picture, A and B: a boundary to move between them, flicker, side by side, their errors, enlarged.
// What there is to show stands in the tables of figures: a row for each codec, a table for each rate.

const FLICKER_MS = 600; // three flashes a second would be too many for some people
const STEP = 2; // percent that an arrow key moves the boundary
const PAN = 40; // pixels that an arrow key moves an enlarged picture

const stage = document.getElementById('stage');
const divider = document.getElementById('divider');
const pause = document.getElementById('pause');
const errors = document.getElementById('errors');
const sides = ['a', 'b'].map((name) => ({
  select: document.getElementById(name === 'a' ? 'left' : 'right'),
  image: document.querySelector(`#pane-${name} img`),
  tag: document.querySelector(`#pane-${name} .tag`),
}));
const original = sides[0].image.getAttribute('src'); // as the page begins
const chosen = (name) => document.querySelector(`input[name=${name}]:checked`).value;

// ---- What is shown ----

function rowOf(codec) {
  return document.querySelector(`[data-rate="${chosen('rate-choice')}"] tr[data-codec="${codec}"]`);
}

function show() {
  const rate = chosen('rate-choice');
  for (const block of document.querySelectorAll('[data-rate]')) block.hidden = block.dataset.rate !== rate;
  sides.forEach(({ select, image, tag }, index) => {
    const row = rowOf(select.value);
    const title = select.selectedOptions[0].text;
    const isError = errors.checked && row;
    const isMissing = !row && select.value !== 'original'; // a codec that failed at this rate
    image.src = isError ? row.dataset.error : row ? row.dataset.src : original;
    image.alt = isError ? `Errors of ${title}` : title;
    image.hidden = isMissing;
    const rateText = row ? `, ${row.cells[3].firstChild.textContent} bpp` : '';
    tag.textContent = `${'AB'[index]}: ${title}${isMissing ? ' failed' : rateText}`;
  });
  stage.classList.toggle('errors', errors.checked);
  document.getElementById('scale').hidden = !errors.checked;
  listFigures();
}

/** The rows of A and B as columns; the original has none. */
function listFigures() {
  const columns = sides
    .map(({ select }, index) => ({
      title: `${'AB'[index]}: ${select.selectedOptions[0].text}`,
      row: rowOf(select.value),
    }))
    .filter(({ row }) => row);
  const table = document.createElement('table');
  const add = (line, name, text, className = '') => {
    const cell = line.appendChild(document.createElement(name));
    cell.textContent = text;
    cell.className = className;
    if (name === 'th') cell.scope = line.parentElement.tagName === 'THEAD' ? 'col' : 'row';
  };
  const head = table.createTHead().insertRow();
  add(head, 'td', '');
  for (const { title } of columns) add(head, 'th', title);
  const body = table.createTBody();
  const titles = columns.length ? [...columns[0].row.closest('table').tHead.rows[0].cells].slice(1) : [];
  titles.forEach((title, index) => {
    const line = body.insertRow();
    const [name, unit] = [...title.childNodes].map((node) => node.textContent);
    add(line, 'th', unit ? `${name}, ${unit}` : name);
    for (const { row } of columns) {
      const cell = row.cells[index + 1];
      add(line, 'td', cell.firstChild.textContent, cell.className);
    }
  });
  document.getElementById('facts').replaceChildren(...(columns.length ? [table] : []));
}

// ---- Boundary and panning ----

let split = 50;
let offset = { x: 0, y: 0 };

function setSplit(percent) {
  split = Math.min(100, Math.max(0, percent));
  stage.style.setProperty('--split', `${split}%`);
  divider.setAttribute('aria-valuenow', Math.round(split));
}

function moveTo(x, y) {
  offset = { x, y };
  stage.style.setProperty('--x', `${x}px`);
  stage.style.setProperty('--y', `${y}px`);
}

const isEnlarged = () => stage.dataset.zoom !== 'fit';

function splitAt(event) {
  const { left, width } = stage.getBoundingClientRect();
  setSplit(((event.clientX - left) / width) * 100);
}

stage.addEventListener('pointerdown', (event) => {
  const pans = isEnlarged() && !divider.contains(event.target);
  if (!pans && stage.dataset.mode !== 'slide') return;
  const start = { x: offset.x - event.clientX, y: offset.y - event.clientY };
  const drag = (now) => (pans ? moveTo(start.x + now.clientX, start.y + now.clientY) : splitAt(now));
  const release = new AbortController();
  const { signal } = release;
  stage.setPointerCapture(event.pointerId);
  stage.addEventListener('pointermove', drag, { signal });
  for (const end of ['pointerup', 'pointercancel']) stage.addEventListener(end, () => release.abort(), { signal });
  if (!pans) splitAt(event);
});

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

stage.addEventListener('keydown', (event) => {
  const arrow = ARROWS[event.key];
  if (event.target === divider && (event.key === 'Home' || event.key === 'End'))
    setSplit(event.key === 'Home' ? 0 : 100);
  else if (event.target === divider && arrow?.[0]) setSplit(split + STEP * arrow[0]);
  else if (arrow && isEnlarged()) moveTo(offset.x - PAN * arrow[0], offset.y - PAN * arrow[1]);
  else return;
  event.preventDefault();
});

// ---- Flicker ----

let timer = 0;

function flick() {
  stage.classList.toggle('shows-a');
}

function run(isRunning) {
  clearInterval(timer);
  timer = isRunning ? setInterval(flick, FLICKER_MS) : 0;
  pause.textContent = isRunning ? 'Pause' : 'Go on';
}

function setMode(mode) {
  stage.dataset.mode = mode;
  stage.classList.remove('shows-a');
  document.getElementById('flicker-controls').hidden = mode !== 'flicker';
  run(mode === 'flicker' && !matchMedia('(prefers-reduced-motion: reduce)').matches);
}

/** By hand: the first press turns flicker on, and halts it. */
function flickByHand() {
  if (stage.dataset.mode !== 'flicker') {
    document.querySelector('input[name=mode][value=flicker]').checked = true;
    setMode('flicker');
  }
  run(false);
  flick();
}

pause.addEventListener('click', () => run(!timer));
document.addEventListener('keydown', (event) => {
  if (event.key !== ' ' || event.target.closest('button, input, select, a, .scrolling')) return;
  event.preventDefault();
  flickByHand();
});

// ---- Choices ----

for (const radio of document.querySelectorAll('input[name=rate-choice]')) radio.addEventListener('change', show);
for (const radio of document.querySelectorAll('input[name=mode]'))
  radio.addEventListener('change', () => setMode(radio.value));
for (const radio of document.querySelectorAll('input[name=zoom]')) {
  radio.addEventListener('change', () => {
    stage.dataset.zoom = radio.value;
    stage.style.setProperty('--zoom', radio.value === 'fit' ? 1 : radio.value / devicePixelRatio);
    moveTo(0, 0);
  });
}
for (const { select } of sides) select.addEventListener('change', show);
errors.addEventListener('change', show);
document.getElementById('swap').addEventListener('click', () => {
  [sides[0].select.value, sides[1].select.value] = [sides[1].select.value, sides[0].select.value];
  show();
});
show();
