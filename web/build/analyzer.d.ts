// What manifest.js uses of the analyzer, which has no types.
declare module '@custom-elements-manifest/analyzer/src/create.js' {
  export function create(options: { modules: unknown[] }): { schemaVersion: string; modules: any[] };
}
