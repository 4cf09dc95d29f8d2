// The summary's choices: by which metric cost is drawn, and against which codec pictures are listed.

for (const radio of document.querySelectorAll('input[name=cost]')) {
  radio.addEventListener('change', () => {
    for (const figure of document.querySelectorAll('[data-cost]')) figure.hidden = figure.dataset.cost !== radio.value;
  });
}

const gallery = document.getElementById('gallery');
const [rival, metric, order] = ['bd-rival', 'bd-metric', 'bd-order'].map((id) => document.getElementById(id));

function list() {
  const entries = [...gallery.children].map((item) => ({
    item,
    value: JSON.parse(item.dataset.bd)[`${metric.value} ${rival.value}`],
  }));
  for (const { item, value } of entries) {
    const figure = item.querySelector('b');
    figure.textContent = value === undefined ? '–' : `${value < 0 ? '\u2212' : '+'}${Math.abs(value).toFixed(1)} %`;
    figure.className = value <= -0.5 ? 'good' : value >= 0.5 ? 'bad' : '';
  }
  const sign = order.value === 'worst' ? -1 : 1;
  const byName = (a, b) => a.item.dataset.name.localeCompare(b.item.dataset.name);
  entries.sort(order.value === 'name' ? byName : (a, b) => sign * ((a.value ?? 0) - (b.value ?? 0)));
  gallery.append(...entries.map(({ item }) => item));
}

for (const choice of [rival, metric, order]) choice?.addEventListener('change', list);
