// custom-elements.json, by which editors and documentation tools know <lic-img>: what the analyzer reads in the
// comments of its code.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename } from 'node:path';

import { create } from '@custom-elements-manifest/analyzer/src/create.js';

// The compiler that the analyzer has, which is not this project's.
const ts = createRequire(import.meta.resolve('@custom-elements-manifest/analyzer/src/create.js'))('typescript');
const MODULES = ['element/attributes.js', 'element/element.js', 'define.js'];

/** The manifest of dist/: https://github.com/webcomponents/custom-elements-manifest */
export function makeManifest() {
  const modules = MODULES.map((name) => {
    const text = readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
    return ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true);
  });
  const { schemaVersion, modules: found } = create({ modules });
  const published = found.filter(({ path }) => path !== MODULES[0]);
  return { schemaVersion, modules: published.map(describeModule) };
}

/** @param {any} module as it is published: the base class of the element is none of its own there */
function describeModule({ kind, path, declarations, exports }) {
  return {
    kind,
    path: `dist/${basename(path)}`,
    declarations: declarations.filter((/** @type {any} */ { customElement }) => customElement).map(describeElement),
    exports: exports.map((/** @type {any} */ each) => ({
      ...each,
      declaration: { ...each.declaration, module: 'dist/element.js' },
    })),
  };
}

/** @param {any} element */
function describeElement({ members, attributes, superclass, ...rest }) {
  const isPublic = (/** @type {any} */ { name, privacy }) => !privacy && !name.endsWith('Callback');
  const publicMembers = members.filter(isPublic).map((/** @type {any} */ { attribute, inheritedFrom, ...member }) => {
    return attribute ? { ...member, attribute: attribute.toLowerCase(), reflects: true } : member;
  });
  const names = [...new Set(attributes.map((/** @type {any} */ { name }) => name.toLowerCase()))];
  const describe = (/** @type {string} */ name) => {
    const field = publicMembers.find((/** @type {any} */ { attribute }) => attribute === name);
    return { name, ...(field && { type: field.type, description: field.description, fieldName: field.name }) };
  };
  return {
    ...rest,
    superclass: { name: 'HTMLElement' },
    members: publicMembers,
    attributes: names.sort().map(describe),
  };
}
