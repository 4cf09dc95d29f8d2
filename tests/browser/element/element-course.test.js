// <lic-img> beside <img>: the course of loads, of changes while they run, and of failures.

import { skip, test } from '../support/browser.js';
import { compare } from './beside-img.js';
import { useElementPage } from './element-page.js';

const openPage = useElementPage();
let sharedPage;

// No two share an address: Chromium has a picture that it knows at once.
const SCENARIOS = {
  'no source': async () => {
    const image = make();
    await sleep(20);
    return [
      image.complete,
      image.currentSrc,
      image.naturalWidth,
      image.events,
      await image.decode().catch(({ name }) => name),
    ];
  },
  'an empty source': async () => {
    const image = make({ src: '' });
    await until(() => image.events.length);
    return [image.complete, image.currentSrc, image.naturalWidth, image.events];
  },
  'a source that is none': async () => {
    const image = make({ src: 'http://[' });
    await until(() => image.events.length);
    return [image.src, image.complete, image.naturalWidth, image.events];
  },
  'only an empty srcset': async () => {
    const image = make({ srcset: '' });
    await sleep(50);
    return [image.complete, image.currentSrc];
  },
  'a picture': async () => {
    const image = make({ src: at('wide-6'), alt: 'x' });
    const early = [image.complete, image.naturalWidth, image.width, image.height];
    await settled(image);
    return [
      early,
      image.complete,
      image.currentSrc,
      image.naturalWidth,
      image.naturalHeight,
      image.width,
      image.height,
      image.events,
    ];
  },
  'load and decode()': async () => {
    const image = make({ src: at('wide-7') });
    await Promise.all([image.decode(), settled(image)]);
    await image.decode();
    return image.events;
  },
  'a damaged picture': async () => {
    const image = make({ src: at('broken-8'), width: 50, height: 40 });
    const decoding = image.decode().catch(() => 'rejected');
    await settled(image);
    return [
      await decoding,
      image.complete,
      image.naturalWidth,
      image.currentSrc,
      image.width,
      image.height,
      image.events,
      await image.decode().catch(() => 'rejected'),
    ];
  },
  'a picture that is not there': async () => {
    const image = make({ src: at('missing') });
    await settled(image);
    return [image.complete, image.naturalWidth, image.events];
  },
  'an empty answer': async () => {
    const image = make({ src: at('empty') });
    await settled(image);
    return [image.complete, image.naturalWidth, image.events];
  },
  'attributes before the picture': async () => {
    const image = make({ src: at('wide-ratio'), width: 90, height: 60 });
    style('.fluid { width: 30px; height: auto }');
    image.className = 'fluid';
    const { width, height } = image.getBoundingClientRect();
    await image.decode();
    return [width, height, image.width, image.height];
  },
  'src, changed at once': async () => {
    const image = make({ src: at('wide-11') });
    image.src = at('small-11');
    await settled(image);
    await sleep(300);
    return [image.currentSrc, image.naturalWidth, image.events];
  },
  'src, changed while loading': async () => {
    const image = make({ src: at('wide-12') });
    const decoding = image.decode().then(
      () => 'done',
      ({ name }) => name,
    );
    await sleep(0);
    image.src = at('small-12');
    await settled(image);
    await sleep(300);
    return [await decoding, image.currentSrc, image.naturalWidth, image.events];
  },
  'src, changed when loaded: what was shown stays until the next is there': async () => {
    const image = make({ src: at('wide-13') });
    await settled(image);
    image.src = at('small-13');
    const at0 = [image.complete, image.getBoundingClientRect().width];
    await settled(image);
    return [at0, image.naturalWidth, image.getBoundingClientRect().width, image.events];
  },
  'src, set to what it is': async () => {
    const image = make({ src: at('wide-14') });
    await settled(image);
    image.src = image.getAttribute('src');
    await settled(image);
    return image.events;
  },
  'src, removed when loaded': async () => {
    const image = make({ src: at('wide-15') });
    await settled(image);
    image.removeAttribute('src');
    await sleep(50);
    return [image.complete, image.currentSrc, image.naturalWidth, image.getBoundingClientRect().width, image.events];
  },
  'recovery from an error': async () => {
    const image = make({ src: at('broken-16') });
    await settled(image);
    image.src = at('small-16');
    await settled(image);
    return [image.complete, image.naturalWidth, image.events];
  },
  'the density of srcset makes the size': async () => {
    const images = [
      { srcset: `${at('wide-2x')} 2x` },
      { srcset: `${at('wide-w')} 300w`, sizes: '120px' },
      { srcset: `${at('wide-3')} 3x`, width: 50 },
    ].map((each) => make(each));
    await Promise.all(images.map((image) => image.decode()));
    const facts = images.map((image) => [
      image.naturalWidth,
      image.naturalHeight,
      image.width,
      image.height,
      image.currentSrc,
    ]);
    return { whole: facts.slice(0, 2), broken: facts[2] };
  },
  'moved when loaded, moved while loading': async () => {
    const image = make({ src: at('wide-18') });
    const box = document.createElement('div');
    document.body.append(box);
    box.append(image);
    await image.decode();
    document.body.append(image);
    box.append(image);
    await sleep(100);
    return [image.complete, image.naturalWidth, image.getBoundingClientRect().width, image.events];
  },
  'lazy, far away: nothing yet; then scrolled to': async () => {
    style('.far { display: block; margin-top: 9000px }');
    const image = make({ src: at('small-lazy'), loading: 'lazy', class: 'far', width: 30, height: 20 });
    await sleep(150);
    const early = [image.complete, image.naturalWidth, image.width, image.height, image.events.length];
    image.scrollIntoView();
    await settled(image);
    scrollTo(0, 0);
    return [early, image.complete, image.naturalWidth, image.events];
  },
  'lazy, then eager': async () => {
    style('.far { display: block; margin-top: 9000px }');
    const image = make({ src: at('small-eager'), loading: 'lazy', class: 'far' });
    await sleep(50);
    image.loading = 'eager';
    await settled(image);
    return [image.complete, image.events];
  },
  'lazy and not displayed': async () => {
    style('.gone { display: none }');
    const image = make({ src: at('small-gone'), loading: 'lazy', class: 'gone' });
    await sleep(150);
    return [image.complete, image.naturalWidth, image.events];
  },
  'not displayed, and eager': async () => {
    style('.gone { display: none }');
    const image = make({ src: at('wide-gone'), class: 'gone' });
    await settled(image);
    return [image.complete, image.naturalWidth, image.width, image.x];
  },
  'a clone loads for itself': async () => {
    const image = make({ src: at('wide-23'), alt: 'x' });
    await image.decode();
    const clone = image.cloneNode(true);
    document.body.append(clone);
    await settled(clone);
    return [clone.naturalWidth, clone.alt];
  },
};

for (const [name, scenario] of Object.entries(SCENARIOS)) {
  test(`the same course: ${name}`, { skip }, async () => {
    sharedPage ??= openPage();
    const { page } = await sharedPage;
    await compare(page, scenario);
  });
}
