// Reads values off the rate-distortion charts. One rate holds for all of them. It is chosen by pointing at a chart or
// by the slider above.

const slider = document.getElementById('rate');
const shown = document.getElementById('rate-shown');
const cards = [...document.querySelectorAll('.card[data-metric]')];

/** Linear over ln(rate), as the printed values are. `points`: [[rate, value], ...] by rate. */
function valueAt(points, rate) {
  for (let i = 1; i < points.length; i++) {
    const [[low, from], [high, to]] = [points[i - 1], points[i]];
    if (low <= rate && rate <= high && low < high)
      return from + (Math.log(rate / low) / Math.log(high / low)) * (to - from);
  }
  return null;
}

const curves = cards.map((card) => {
  const svg = card.querySelector('.chart');
  const [low, high] = svg.dataset.rates.split(',').map(Number);
  const [left, right] = svg.dataset.plot.split(',').map(Number);
  const points = new Map(
    [...svg.querySelectorAll('[data-points]')].map((line) => [
      line.dataset.codec,
      line.dataset.points.split(' ').map((pair) => pair.split(',').map(Number)),
    ]),
  );
  return {
    svg,
    low,
    high,
    left,
    right,
    points,
    cross: svg.querySelector('.cross'),
    list: card.querySelector('.readout'),
  };
});

function read(position) {
  const { low, high } = curves[0];
  const rate = low * (high / low) ** position;
  shown.value = rate.toFixed(2);
  slider.setAttribute('aria-valuetext', `${rate.toFixed(2)} bits per pixel`);
  for (const { left, right, points, cross, list } of curves) {
    const x = left + position * (right - left);
    cross.setAttribute('x1', x);
    cross.setAttribute('x2', x);
    fill(list, points, rate);
  }
}

function fill(list, points, rate) {
  const sign = list.hasAttribute('data-descending') ? -1 : 1;
  const items = [...list.children].map((item) => {
    const value = points.has(item.dataset.codec) ? valueAt(points.get(item.dataset.codec), rate) : null;
    item.querySelector('b').textContent = value === null ? '–' : value.toFixed(2).replace('-', '\u2212');
    return { item, value };
  });
  items.sort((a, b) => (a.value === null) - (b.value === null) || sign * (a.value - b.value));
  list.append(...items.map(({ item }) => item));
}

function follow({ svg, left, right }) {
  svg.addEventListener('pointermove', (event) => {
    const { left: edge, width } = svg.getBoundingClientRect();
    const x = ((event.clientX - edge) / width) * svg.viewBox.baseVal.width;
    const position = Math.min(1, Math.max(0, (x - left) / (right - left)));
    slider.value = Math.round(1000 * position);
    read(position);
  });
}

if (curves.length) {
  curves.forEach(follow);
  slider.addEventListener('input', () => read(slider.value / 1000));
}
