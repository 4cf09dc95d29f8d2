// custom-elements.json says what the element has, and nothing else.

import assert from 'node:assert/strict';
import test from 'node:test';

import { readRoot } from '../../web/support/vectors.js';
import { skip } from '../support/browser.js';
import { useElementPage } from './element-page.js';

const openPage = useElementPage();

test('members, attributes, states and parts of the manifest are those of the element', { skip }, async () => {
  const { exports, customElements } = JSON.parse(readRoot('package.json').toString());
  assert.equal(exports['./custom-elements.json'], customElements);
  const { modules } = JSON.parse(readRoot(customElements).toString());
  const [element] = modules.flatMap(({ declarations }) => declarations);
  const definition = modules.flatMap(({ exports }) => exports).find(({ kind }) => kind === 'custom-element-definition');
  assert.deepEqual(
    [element.tagName, definition.name, definition.declaration.name],
    ['lic-img', 'lic-img', element.name],
  );

  const { page } = await openPage();
  const found = await page.evaluate(async () => {
    const image = add('lic-img', { src: '/pictures/broken.lic', alt: 'x' });
    await settled(image);
    const members = {};
    for (let type = image.constructor.prototype; type !== HTMLElement.prototype; type = Object.getPrototypeOf(type)) {
      for (const [name, { value, set }] of Object.entries(Object.getOwnPropertyDescriptors(type)))
        members[name] = value ? 'method' : set ? 'field' : 'readonly field';
    }
    const parts = [...image.shadowRoot.querySelectorAll('[part]')].map((part) => part.part.value);
    image.src = '/pictures/wide.lic';
    await settled(image);
    parts.push(image.shadowRoot.querySelector('canvas').part.value);
    return {
      members,
      parts,
      attributes: image.constructor.observedAttributes,
      slots: image.shadowRoot.querySelectorAll('slot').length,
    };
  });

  const described = Object.fromEntries(
    element.members.map(({ name, kind, readonly }) => [name, readonly ? `readonly ${kind}` : kind]),
  );
  const own = Object.entries(found.members).filter(([name]) => name !== 'constructor' && !name.endsWith('Callback'));
  assert.deepEqual(described, Object.fromEntries(own));
  const attributes = element.attributes.map(({ name }) => name);
  assert.deepEqual(attributes, [...new Set([...found.attributes, 'decoding', 'fetchpriority'])].sort());
  for (const { attribute } of element.members) assert.ok(!attribute || attributes.includes(attribute), attribute);
  for (const { name, description } of [element, ...element.members]) assert.ok(description, `${name} is not described`);
  assert.deepEqual(element.cssParts.map(({ name }) => name).sort(), found.parts.sort());
  assert.deepEqual(
    element.cssStates.map(({ name }) => name),
    ['idle', 'waiting', 'loading', 'loaded', 'error'],
  );
  assert.deepEqual(element.events.map(({ name }) => name).sort(), ['error', 'load', 'progress']);
  assert.equal(element.slots.length, found.slots);
});
