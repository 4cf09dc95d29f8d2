// Light or dark: as the system has it, until the button says otherwise. The choice is kept.

const KEY = 'lic-demo-theme';

/** @param {HTMLButtonElement} button */
export function offerThemes(button) {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const { dataset } = document.documentElement;
  const isDark = () => (dataset.theme ? dataset.theme === 'dark' : system.matches);
  const show = () => button.setAttribute('aria-pressed', String(isDark()));
  const kept = read();
  if (kept) dataset.theme = kept;
  show();
  system.addEventListener('change', show);
  button.addEventListener('click', () => {
    dataset.theme = isDark() ? 'light' : 'dark';
    show();
    keep(dataset.theme);
  });
}

// Storage throws where the visitor forbids it.
function read() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** @param {string} theme */
function keep(theme) {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // It holds for this page then.
  }
}
