// What the package has to do wherever it runs. Runs there, and tells what it has seen as JSON can carry it;
// exercise-files.js checks that.

/**
 * @typedef {import('lic-codec').Source} Source
 * @typedef {object} Files
 * @property {Record<string, Source>} pictures of the package's own model
 * @property {Record<string, Source>} overfitted pictures that carry their own networks
 * @property {Source} damaged
 * @property {Source} large takes long enough to be stopped
 * @property {Source} largeModel
 */

/**
 * @param {typeof import('lic-codec')} lic
 * @param {Files} files
 * @param {{workers?: number}} [options] workers: so many decode once more
 */
export async function exercise(lic, files, { workers = 0 } = {}) {
  const decoded = {};
  for (const [name, file] of Object.entries(files.pictures)) {
    const { width, height } = await lic.info(file);
    decoded[name] = {
      info: { width, height },
      symbols: await lic.hashSymbols(file),
      picture: pack(await lic.decode(file)),
    };
  }
  const exact = {};
  for (const [name, file] of Object.entries(files.overfitted)) exact[name] = pack(await lic.decode(file));
  const error = await lic.decode(files.damaged).catch((reason) => reason);
  return {
    decoded,
    exact,
    error: { isLicError: error instanceof lic.LicError, code: error.code },
    stopped: await stop(lic, files),
    inWorkers: workers ? await decodeInWorkers(lic, files, workers) : null,
  };
}

/** @param {import('lic-codec').Picture} picture */
function pack({ width, height, colorSpace, data }) {
  const letters = Array.from(data, (value) => String.fromCharCode(value));
  return { width, height, colorSpace, isClamped: data instanceof Uint8ClampedArray, data: btoa(letters.join('')) };
}

/** Stops a decode that runs; the next one is well. */
async function stop({ createDecoder }, { large, largeModel }) {
  const decoder = createDecoder({ models: largeModel });
  const controller = new AbortController();
  let fraction = 0;
  const decoding = decoder.decode(large, {
    signal: controller.signal,
    region: { x: 0, y: 0, width: 4000, height: 4000 },
    onProgress(progress) {
      if (fraction === 0 && progress.fraction > 0) setTimeout(() => controller.abort());
      fraction = progress.fraction;
    },
  });
  const outcome = await decoding.then(
    () => 'decoded',
    ({ name }) => name,
  );
  const { width } = await decoder.decode(large, { region: { x: 0, y: 0, width: 10, height: 10 } });
  const { done, aborted } = decoder.stats().decodes;
  decoder.close();
  return { outcome, isEarly: fraction < 1, next: width, done, aborted };
}

async function decodeInWorkers({ createDecoder }, { pictures }, workers) {
  const decoder = createDecoder({ workers });
  const decoded = await Promise.all(Object.values(pictures).map((file) => decoder.decode(file)));
  const { most } = decoder.stats().workers;
  decoder.close();
  return { most, pictures: decoded.map(pack) };
}
