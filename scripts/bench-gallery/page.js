// A page that shows pictures in one of three ways, page.html?kind=lic&set=gallery, and says when all are painted and
// what its thread did meanwhile.

const tasks = [];
const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)));
observer.observe({ type: 'longtask', buffered: true });

const query = new URLSearchParams(location.search);
const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));

async function run() {
  const [{ show }, { sets }] = await Promise.all([
    import(new URL(`${query.get('kind')}.js`, import.meta.url).href),
    fetch('pictures.json').then((response) => response.json()),
  ]);
  const pictures = sets[query.get('set')];
  await Promise.all(
    pictures.map(async (picture) => {
      const { width, height } = await show(picture);
      if (width !== picture.width || height !== picture.height)
        throw new Error(`${picture.name}: ${width} x ${height} pixels`);
    }),
  );
  await frame();
  await frame();
  const ms = performance.now();
  // Entries of long tasks come late.
  await new Promise((resolve) => setTimeout(resolve, 300));
  return { ms, pictures: pictures.length, tasks };
}

globalThis.result = run().catch((error) => ({ error: String(error) }));
