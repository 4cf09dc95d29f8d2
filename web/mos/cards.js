// Cards: what the page says between pictures.

/** @param {string} id @returns {any} */
export const byId = (id) => document.getElementById(id);

/** @param {string} tag @param {string} text @returns {any} */
export function make(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

/**
 * Shows a card until one of its buttons is pressed; the last one has the focus, for the Enter key.
 * @param {string} title
 * @param {string[]} paragraphs
 * @param {string[]} buttons
 * @returns {Promise<string>} the button
 */
export function ask(title, paragraphs, buttons) {
  const card = byId('card');
  return new Promise((done) => {
    showCard(title, paragraphs, buttons, (label) => {
      card.close();
      done(label);
    });
  });
}

/**
 * Shows a card that stays.
 * @param {string} title @param {string[]} paragraphs @param {string[]} buttons @param {(label: string) => void} onPress
 */
export function showCard(title, paragraphs, buttons, onPress) {
  const card = byId('card');
  byId('card-title').textContent = title;
  byId('card-text').replaceChildren(...paragraphs.map((text) => make('p', text)));
  byId('card-buttons').replaceChildren(
    ...buttons.map((label, index) => {
      const button = make('button', label);
      button.type = 'button';
      button.classList.toggle('main', index === buttons.length - 1);
      button.addEventListener('click', () => onPress(label));
      return button;
    }),
  );
  if (!card.open) card.showModal();
  (byId('card-buttons').lastElementChild ?? byId('card-title')).focus();
}

/** Escape does not close dialogs here, and a held Enter key presses nothing twice. */
export function tameKeys() {
  for (const dialog of document.querySelectorAll('dialog'))
    dialog.addEventListener('cancel', (event) => event.preventDefault());
  addEventListener(
    'keydown',
    (event) => {
      if (event.key === 'Escape' && document.querySelector('dialog[open]')) event.preventDefault();
      if (event.key === 'Enter' && event.repeat) event.preventDefault();
    },
    true,
  );
}
