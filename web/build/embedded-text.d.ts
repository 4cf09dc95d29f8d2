// Modules that web/build/build.js writes: files as base64.

declare module '*/embedded-wasm.js' {
  const text: string;
  export default text;
}

declare module '*/embedded-models.js' {
  const texts: Record<string, string>;
  export default texts;
}
