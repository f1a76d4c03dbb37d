// Measures the canvas of the editor in a real browser: how long it takes to open, and what each frame costs while a hand pans,
// zooms and drags. Arguments: the server's address, and numbers of steps. `cargo xtask bench editor` runs it.
//
// Intervals between frames say what is seen, but on a machine without a graphics card they are mostly the drawing of pixels by
// the processor. What the page itself costs is the time of the main thread in each frame: script, layout, paint.

import { chromium } from '@playwright/test';
import { create, largeJourney } from './large.mjs';

const [url, ...sizes] = process.argv.slice(2);
const FRAMES = 90;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH || undefined,
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});

async function measure(size) {
  const { status, body } = await create(url, largeJourney(`${size} steps`, size));
  if (status !== 201) throw new Error(`the journey was answered ${status}: ${JSON.stringify(body).slice(0, 300)}`);
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const cdp = await page.context().newCDPSession(page);
  console.log(`\n${size} steps`);

  const opening = await traced(cdp, page, async () => {
    await page.goto(`${url}/journeys/${body.id}/edit`);
    await page.waitForSelector('.canvas .step');
  });
  const alive = await page.evaluate(() => performance.now());
  console.log(`open: ${alive.toFixed(0)} ms until the steps are there, longest task ${longest(opening).toFixed(0)} ms`);
  console.log(
    `${''.padEnd(26)}${['frames', 'p50', 'p95', 'max'].map(cell).join('')}   main thread ${['p50', 'p95', 'max'].map(cell).join('')}   of it script, style, paint`,
  );

  await row(cdp, page, 'align', () => act(page, () => page.getByRole('button', { name: 'Align from top to bottom' }).click()));
  await page.waitForTimeout(500);
  const canvas = page.getByRole('group', { name: 'Canvas' });
  const box = await canvas.boundingBox();
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };

  await row(cdp, page, 'pan', async () => {
    const empty = await freeSpot(page, middle);
    await hold(page, empty, (frame) => ({ x: empty.x + Math.sin(frame / 8) * 200, y: empty.y + Math.sin(frame / 11) * 150 }));
  });
  await row(cdp, page, 'pan by wheel', () =>
    each(async (frame) => {
      await page.mouse.wheel(Math.cos(frame / 9) * 40, Math.sin(frame / 9) * 40);
    }),
  );
  await page.keyboard.down('Control');
  await row(cdp, page, 'zoom', () =>
    each(async (frame) => {
      await page.mouse.wheel(0, Math.cos(frame / 14) * 22);
    }),
  );
  await page.keyboard.up('Control');
  await row(cdp, page, 'all of it in sight, pan', async () => {
    await page.getByRole('button', { name: 'Show all steps' }).click();
    await each(async (frame) => {
      await page.mouse.move(middle.x, middle.y);
      await page.mouse.wheel(Math.cos(frame / 9) * 12, Math.sin(frame / 9) * 12);
    });
  });
  await page.getByRole('tree', { name: 'Steps' }).getByRole('treeitem').nth(8).click();
  await page.waitForTimeout(500);
  for (const _ of [0, 1, 2, 3, 4, 5, 6, 7]) await page.getByRole('button', { name: 'Zoom in' }).click();
  await page.waitForTimeout(500);
  await row(cdp, page, 'drag one step', async () => {
    const step = await page.locator('.step-chosen .step-name').boundingBox();
    const from = { x: step.x + 20, y: step.y + step.height / 2 };
    await hold(page, from, (frame) => ({ x: from.x + Math.sin(frame / 8) * 120, y: from.y + Math.sin(frame / 11) * 90 }));
  });
  await row(cdp, page, 'drag fifty steps', async () => {
    await page.getByRole('button', { name: 'Show all steps' }).click();
    const boxes = await page.locator('.canvas .step').evaluateAll((all) =>
      all.slice(0, 50).map((one) => {
        const { x, y } = one.querySelector('.step-name').getBoundingClientRect();
        return { x: x + 2, y: y + 2 };
      }),
    );
    await page.keyboard.down('Shift');
    for (const at of boxes) await page.mouse.click(at.x, at.y);
    await page.keyboard.up('Shift');
    const from = boxes[boxes.length - 1];
    await hold(page, from, (frame) => ({ x: from.x + Math.sin(frame / 8) * 60, y: from.y + Math.sin(frame / 11) * 60 }));
  });
  await row(cdp, page, 'take back', () => act(page, () => page.getByRole('button', { name: 'Take back' }).click()));
  await page.close();
}

/** Once, and what follows of it. */
async function act(page, work) {
  await work();
  await page.waitForTimeout(400);
}

async function each(work) {
  for (let frame = 0; frame < FRAMES; frame += 1) await work(frame);
}

async function hold(page, from, to) {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await each(async (frame) => {
    const at = to(frame);
    await page.mouse.move(at.x, at.y);
  });
  await page.mouse.up();
}

/** A place where nothing but the canvas is. */
async function freeSpot(page, near) {
  return page.evaluate(({ x, y }) => {
    for (let ring = 0; ring < 300; ring += 10) {
      for (const [dx, dy] of [[ring, 0], [-ring, 0], [0, ring], [0, -ring], [ring, ring]]) {
        if (document.elementFromPoint(x + dx, y + dy)?.classList.contains('canvas')) return { x: x + dx, y: y + dy };
      }
    }
    return { x, y };
  }, near);
}

async function row(cdp, page, what, work) {
  const events = await traced(cdp, page, work);
  const { intervals, busy, parts } = frames(events);
  const of = (numbers) => [0.5, 0.95, 1].map((share) => cell(quantile(numbers, share).toFixed(1))).join('');
  console.log(
    `${what.padEnd(26)}${cell(intervals.length)}${of(intervals)}               ${of(busy)}   ${parts.map((part) => part.toFixed(1)).join(', ')}`,
  );
}

/** What Chromium's main thread did meanwhile. */
async function traced(cdp, page, work) {
  const events = [];
  const gather = ({ value }) => events.push(...value);
  cdp.on('Tracing.dataCollected', gather);
  await cdp.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['devtools.timeline', 'disabled-by-default-devtools.timeline', 'blink.user_timing', 'toplevel'] },
  });
  await page.evaluate(() => {
    const token = (window.measuring = {});
    const mark = () => {
      if (window.measuring !== token) return;
      performance.mark('wayfare-frame');
      requestAnimationFrame(mark);
    };
    requestAnimationFrame(mark);
  });
  await work();
  await page.evaluate(() => (window.measuring = undefined));
  const done = new Promise((resolve) => cdp.once('Tracing.tracingComplete', resolve));
  await cdp.send('Tracing.end');
  await done;
  cdp.off('Tracing.dataCollected', gather);
  return events;
}

const SCRIPT = new Set(['FunctionCall', 'EvaluateScript', 'FireAnimationFrame', 'EventDispatch', 'TimerFire', 'RunMicrotasks', 'v8.callFunction']);
const STYLE = new Set(['UpdateLayoutTree', 'Layout', 'PrePaint', 'HitTest']);
const PAINT = new Set(['Paint', 'Layerize', 'Commit', 'UpdateLayer', 'CompositeLayers']);

/** Everything of the threads on which pages run: Chromium names them. A navigation may go on in another process. */
function mainThread(events) {
  const named = events.filter((event) => event.name === 'thread_name' && event.args?.name === 'CrRendererMain');
  const threads = new Set(named.map((event) => `${event.pid}/${event.tid}`));
  return events.filter((event) => threads.has(`${event.pid}/${event.tid}`));
}

const tasks = (events) => events.filter((event) => event.ph === 'X' && event.name === 'RunTask' && event.dur);

function longest(events) {
  return Math.max(0, ...tasks(mainThread(events)).map((task) => task.dur / 1000));
}

function frames(events) {
  const main = mainThread(events);
  const marks = main.filter((event) => event.name === 'wayfare-frame').map((event) => event.ts).sort((a, b) => a - b);
  const intervals = marks.slice(1).map((at, index) => (at - marks[index]) / 1000);
  const within = (chosen) => {
    const sums = intervals.map(() => 0);
    for (const { ts, dur } of chosen) {
      // The frame in which it began.
      let [low, high] = [0, marks.length - 1];
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (marks[middle] <= ts) low = middle;
        else high = middle - 1;
      }
      if (low < sums.length && ts >= marks[0]) sums[low] += dur / 1000;
    }
    return sums;
  };
  const named = (names) => outermost(main.filter((event) => event.ph === 'X' && event.dur && names.has(event.name)));
  const mean = (sums) => sums.reduce((a, b) => a + b, 0) / Math.max(1, sums.length);
  return {
    intervals,
    busy: within(tasks(main)),
    parts: [SCRIPT, STYLE, PAINT].map((names) => mean(within(named(names)))),
  };
}

/** Without those that lie inside of another. */
function outermost(events) {
  let end = -1;
  return events
    .sort((a, b) => a.ts - b.ts)
    .filter((event) => {
      if (event.ts < end) return false;
      end = event.ts + event.dur;
      return true;
    });
}

function quantile(numbers, share) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length - 1) * share + 0.5))] ?? 0;
}

function cell(value) {
  return String(value).padStart(9);
}

for (const size of sizes.map(Number)) await measure(size);
await browser.close();
