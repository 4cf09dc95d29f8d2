// Layouts for <lic-img> and <img>: styles of the box around them, and of their own.

export const PARENTS = [
  'width: 500px',
  'display: flow-root; width: 150px; text-align: center',
  'display: flex; width: 500px',
  'display: flex; width: 500px; height: 260px; align-items: center',
  'display: flex; flex-direction: column; width: 200px',
  'display: inline-flex; align-items: flex-start',
  'display: grid; width: 600px; grid-template-columns: auto auto',
  'display: grid; width: 500px; grid-template-columns: 1fr 1fr',
  'display: grid; width: 500px; place-items: center',
  'display: table-cell; width: 400px; height: 250px; vertical-align: middle',
  'position: relative; width: 400px; height: 250px',
];
export const CASES = [
  '',
  'max-width: 100%; height: auto',
  'width: 90px; height: auto',
  'width: auto; height: 100px',
  'width: 100%',
  'display: block',
  'display: block; width: auto; max-width: 100px; margin: 0 auto',
  'display: inline',
  'float: right',
  'max-height: 50px',
  'aspect-ratio: 1',
  'position: absolute; inset: 0',
  'position: absolute; inset: 0; margin: auto; width: auto; max-width: 100px',
  'align-self: center; justify-self: end',
];

/** Layouts in which the boxes differ; `engine` is the only browser where they do. */
export const DIFFERING = [
  {
    layout: 'display: grid; width: 600px; grid-template-columns: auto auto | width: 100%',
    because: 'a width in per cent does not widen the automatic column of an <img>',
  },
  {
    layout: 'display: grid; width: 500px; place-items: center | aspect-ratio: 1',
    engine: 'firefox',
    because: 'the row of an <img> is as high as by the ratio of its file',
  },
];
