// Components of Vue and Svelte, by their own compilers, for esbuild.

import { readFileSync } from 'node:fs';

import { compile as compileSvelte } from 'svelte/compiler';
import { compileScript, parse } from 'vue/compiler-sfc';

const isCustomElement = (tag) => tag === 'lic-img';

export const DEFINITIONS = {
  'process.env.NODE_ENV': '"production"',
  __VUE_OPTIONS_API__: 'false',
  __VUE_PROD_DEVTOOLS__: 'false',
  __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'true',
};

/** @param {'client' | 'server'} [generate] where they are to run @returns {import('esbuild').Plugin} */
export const compileComponents = (generate = 'client') => ({
  name: 'components',
  setup(build) {
    build.onLoad({ filter: /\.svelte$/ }, ({ path }) => ({
      contents: compileSvelte(readFileSync(path, 'utf8'), { filename: path, generate }).js.code,
    }));
    build.onLoad({ filter: /\.vue$/ }, ({ path }) => {
      const { descriptor } = parse(readFileSync(path, 'utf8'), {
        filename: path,
        templateParseOptions: { isCustomElement },
      });
      const templateOptions = { ssr: generate === 'server', ssrCssVars: [], compilerOptions: { isCustomElement } };
      return { contents: compileScript(descriptor, { id: 'page', inlineTemplate: true, templateOptions }).content };
    });
  },
});
