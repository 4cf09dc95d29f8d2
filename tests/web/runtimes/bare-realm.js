// node --experimental-vm-modules bare-realm.js MODULE...: imports modules where there is nothing but the language: no
// DOM, no URL, no WebAssembly, no console. Prints the names of their exports as JSON.

import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { SourceTextModule, createContext, runInContext } from 'node:vm';

const context = createContext({});
runInContext('delete globalThis.WebAssembly; delete globalThis.console;', context);
const modules = new Map();

function load(url) {
  if (!modules.has(url)) {
    const options = { context, identifier: url, initializeImportMeta: (meta) => void (meta.url = url) };
    modules.set(url, new SourceTextModule(readFileSync(new URL(url), 'utf8'), options));
  }
  return modules.get(url);
}

const names = {};
for (const path of process.argv.slice(2)) {
  const module = load(pathToFileURL(path).href);
  if (module.status === 'unlinked')
    await module.link((specifier, from) => load(new URL(specifier, from.identifier).href));
  await module.evaluate();
  names[path] = Object.keys(module.namespace);
}
console.log(JSON.stringify(names));
