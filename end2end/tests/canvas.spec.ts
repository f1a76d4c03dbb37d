import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CDPSession, Page } from '@playwright/test';
import { accessible, expect, nothingOverflows, test } from '../support/fixtures.ts';
import { create, largeJourney } from '../support/large.mjs';

// The canvas itself: lines that can be followed, journeys of any size, and fingers.

const canvas = (page: Page) => page.getByRole('group', { name: 'Canvas' });
const step = (page: Page, name: RegExp | string) => canvas(page).getByRole('group', { name });
const rows = (page: Page) => page.getByRole('tree', { name: 'Steps' }).getByRole('treeitem');
const said = (page: Page) => page.getByRole('status', { name: 'Last action' });
const panel = (page: Page) => page.getByRole('complementary', { name: 'Panel' });
const zoom = async (page: Page) => Number.parseInt((await page.locator('.zoom-value').textContent())!, 10);

type Point = { x: number; y: number };

const template = (key: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../../crates/editor-model/src/templates/${key}.json`), 'utf8'));

/** Makes a journey from a document and opens it in the editor. */
async function openJourney(page: Page, url: string, journey: object): Promise<void> {
  const made = await create(url, journey);
  expect(made.status, JSON.stringify(made.body).slice(0, 400)).toBe(201);
  await page.goto(`${url}/journeys/${made.body.id}/edit`);
  await expect(canvas(page).locator('.step').first()).toBeVisible();
}

/** Points of every line that lie inside of a box which the line neither leaves nor reaches. */
async function crossings(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const frames = [...document.querySelectorAll<HTMLElement>('.canvas .step')].map((box) => {
      const [x, y] = [box.style.left, box.style.top].map(Number.parseFloat) as [number, number];
      return { name: box.getAttribute('aria-label')!, x, y, right: x + box.offsetWidth, bottom: y + box.offsetHeight };
    });
    const found: string[] = [];
    for (const line of document.querySelectorAll<SVGPathElement>('.wire-line')) {
      const length = line.getTotalLength();
      // Its ends touch their boxes.
      for (let at = 6; at < length - 30; at += 4) {
        const { x, y } = line.getPointAtLength(at);
        const hit = frames.find((box) => x > box.x + 1 && x < box.right - 1 && y > box.y + 1 && y < box.bottom - 1);
        if (hit) found.push(`${hit.name} at ${x.toFixed(0)}, ${y.toFixed(0)}`);
      }
    }
    return found;
  });
}

/** Buttons on lines that something else lies upon. */
async function coveredButtons(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('.canvas .wire-button')]
      .filter((button) => {
        const { x, y, width, height } = button.getBoundingClientRect();
        const top = document.elementFromPoint(x + width / 2, y + height / 2);
        // Tools that lie over the canvas are moved away from by panning.
        return top && !button.contains(top) && !top.closest('.canvas-tool') && top.closest('.canvas');
      })
      .map((button) => button.getAttribute('aria-label')!),
  );
}

async function middle(page: Page, name: RegExp): Promise<Point> {
  const box = (await step(page, name).first().locator('.step-name').boundingBox())!;
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

for (const key of ['re_permission', 'nps_follow_up', 'onboarding_drip']) {
  test(`lines of ${key} go around boxes in both directions, and their buttons can be pressed`, async ({ page, server }) => {
    await openJourney(page, server.url, template(key));
    for (const direction of ['Align from top to bottom', 'Align from left to right']) {
      await page.getByRole('button', { name: direction }).click();
      await expect(said(page)).toContainText(/^(Aligned|Already aligned)/);
      expect(await crossings(page)).toEqual([]);
      expect(await coveredButtons(page)).toEqual([]);
    }
    // Twice changes nothing.
    await page.getByRole('button', { name: 'Align from left to right' }).click();
    await expect(said(page)).toContainText('Already aligned from left to right.');
  });
}

test('a box that is put into the way of a line is gone around, and taking it back brings the line back', async ({ page, server }) => {
  const delay = (id: string, x: number, y: number) => ({ id, name: id, position: { x, y }, step: { delay: { for: { minutes: 5 } } } });
  await openJourney(page, server.url, {
    name: 'In the way',
    settings: { entry: { event: { name: 'Signed Up' } } },
    graph: {
      nodes: [{ id: 'entry', position: { x: 0, y: 0 }, step: { entry: {} } }, delay('far', 0, 400), delay('loose', 400, 200)],
      connectors: [{ from: 'entry', outlet: 'next', to: 'far' }],
    },
  });
  const line = page.locator('.wire-line');
  const straight = await line.getAttribute('d');
  const [from, entry] = [await middle(page, /loose/), await middle(page, /^Entry/)];
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(entry.x, from.y, { steps: 6 });
  await page.mouse.up();
  await expect(said(page)).toHaveText('1 step moved.');
  await expect(line).not.toHaveAttribute('d', straight!);
  expect(await crossings(page)).toEqual([]);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(line).toHaveAttribute('d', straight!);
});

test.describe('thousands of steps', () => {
  test('they open, and answer to clicks and keys', async ({ page, server }) => {
    await openJourney(page, server.url, largeJourney('Two thousand', 2_000));
    // Not all of them are in the page; the outline says how many there are.
    expect(await canvas(page).locator('.step').count()).toBeLessThan(400);
    expect(await rows(page).count()).toBeLessThan(400);
    await step(page, /^Has done/).first().click();
    await expect(panel(page).getByRole('heading')).toContainText('Has done');

    await rows(page).first().focus();
    await page.keyboard.press('End');
    await expect(page.locator('.tree-row:focus')).toBeVisible();
    await expect(canvas(page).locator('.step-chosen')).toBeVisible();
    await page.keyboard.press('Home');
    await expect(page.locator('.tree-row:focus')).toContainText('Entry');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await expect(page.locator('.tree-row:focus')).toContainText('Delay');
    await accessible(page);

    await page.getByRole('button', { name: 'Align from top to bottom' }).click();
    await expect(said(page)).toContainText('Aligned');
    expect(await crossings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect(said(page)).toContainText('Undone');
  });

  test('as many as there may be open too, even where all lie in the same place', async ({ page, server }) => {
    await openJourney(page, server.url, largeJourney('Five thousand', 5_000, () => ({ x: -1_000_000, y: 1_000_000 })));
    await page.getByRole('button', { name: 'Settings', exact: true }).click();
    await expect(panel(page).getByLabel('Entry event')).toHaveValue('Signed Up');
    await page.getByRole('button', { name: 'Align from top to bottom' }).click();
    await expect(said(page)).toContainText('Aligned');
    await step(page, /^Entry/).click();
    await expect(canvas(page).locator('.step-chosen')).toHaveCount(1);
  });

  test('what cannot be drawn is refused, with the place and the reason', async ({ server }) => {
    const small = largeJourney('Small', 3);
    const refused = async (journey: unknown, place: RegExp, reason: RegExp) => {
      const { status, body } = await create(server.url, journey as object);
      const told = JSON.stringify(body);
      expect(status, told).toBeGreaterThanOrEqual(400);
      expect(status, told).toBeLessThan(500);
      expect(told).toMatch(place);
      expect(told).toMatch(reason);
    };
    await refused(largeJourney('Too many', 5_001), /nodes/, /5001 nodes; the limit is 5000/);
    const at = (position: object) => ({
      ...small,
      graph: { ...small.graph, nodes: small.graph.nodes.map((node: object, index: number) => (index === 1 ? { ...node, position } : node)) },
    });
    await refused(at({ x: 1e308, y: 0 }), /position/, /at most 1000000 units from the origin/);
    await refused(JSON.stringify(at({ x: 7, y: 7 })).replace('"x":7', '"x":NaN'), /./, /./);
    await refused(JSON.stringify(at({ x: 7, y: 7 })).replace('"x":7', '"x":1e999'), /./, /./);
    const unknown = JSON.stringify(small).replace('"delay"', '"teleport"');
    await refused(unknown, /nodes/, /teleport/);
  });
});

/** Fingers, as a touch screen reports them. */
class Fingers {
  private constructor(private cdp: CDPSession) {}

  static async on(page: Page): Promise<Fingers> {
    return new Fingers(await page.context().newCDPSession(page));
  }

  private send(type: 'touchStart' | 'touchMove' | 'touchEnd', ...points: Point[]): Promise<unknown> {
    const touchPoints = points.map((point, id) => ({ ...point, id }));
    return this.cdp.send('Input.dispatchTouchEvent', { type, touchPoints });
  }

  async tap(at: Point): Promise<void> {
    await this.send('touchStart', at);
    await this.send('touchEnd');
  }

  async drag(from: Point, to: Point): Promise<void> {
    await this.send('touchStart', from);
    for (let part = 1; part <= 8; part += 1) {
      await this.send('touchMove', { x: from.x + ((to.x - from.x) * part) / 8, y: from.y + ((to.y - from.y) * part) / 8 });
    }
    await this.send('touchEnd');
  }

  /** Two fingers around a point, from one distance to another. */
  async pinch(around: Point, from: number, to: number): Promise<void> {
    const pair = (apart: number) => [
      { x: around.x - apart / 2, y: around.y },
      { x: around.x + apart / 2, y: around.y },
    ];
    await this.send('touchStart', pair(from)[0]!);
    await this.send('touchStart', ...pair(from));
    for (let part = 1; part <= 8; part += 1) await this.send('touchMove', ...pair(from + ((to - from) * part) / 8));
    await this.send('touchEnd');
  }
}

for (const [name, viewport] of [
  ['a telephone', { width: 360, height: 780 }],
  ['a tablet', { width: 820, height: 1180 }],
] as const) {
  test.describe(`fingers on ${name}`, () => {
    test.use({ viewport, hasTouch: true, isMobile: true });

    test('one pans or drags a step, a tap chooses, two zoom', async ({ page, server }) => {
      await openJourney(page, server.url, template('abandoned_cart'));
      await canvas(page).scrollIntoViewIfNeeded();
      await page.getByRole('button', { name: 'Show all steps' }).tap();
      const fingers = await Fingers.on(page);
      const box = (await canvas(page).boundingBox())!;
      const corner = { x: box.x + box.width - 20, y: box.y + 20 };

      await fingers.tap(await middle(page, /^Wait/));
      await expect(step(page, /^Wait/).first()).toHaveClass(/step-chosen/);
      await expect(panel(page).getByLabel('Event to wait for')).toHaveValue('Order Completed');

      // Beside the steps: all of them move, the page does not scroll.
      const [before, scrolled] = [await middle(page, /^Entry/), await page.evaluate(() => window.scrollY)];
      await fingers.drag(corner, { x: corner.x - 30, y: corner.y + 45 });
      await expect.poll(async () => (await middle(page, /^Entry/)).x).toBeCloseTo(before.x - 30, 0);
      expect((await middle(page, /^Entry/)).y).toBeCloseTo(before.y + 45, 0);
      expect(await page.evaluate(() => window.scrollY)).toBe(scrolled);

      // On a step: it alone moves.
      const [entry, wait] = [await middle(page, /^Entry/), await middle(page, /^Wait/)];
      await fingers.drag(entry, { x: entry.x + 40, y: entry.y });
      await expect(said(page)).toHaveText('1 step moved.');
      expect((await middle(page, /^Entry/)).x).toBeGreaterThan(entry.x + 20);
      expect((await middle(page, /^Wait/)).x).toBeCloseTo(wait.x, 0);
      await expect(step(page, /^Entry/).first()).toHaveClass(/step-chosen/);

      // What lies between two fingers stays there.
      const [small, around] = [await zoom(page), await middle(page, /^Wait/)];
      await fingers.pinch(around, 60, 120);
      await expect.poll(() => zoom(page)).toBeGreaterThan(small * 1.8);
      const after = await middle(page, /^Wait/);
      expect(Math.abs(after.x - around.x)).toBeLessThan(12);
      expect(Math.abs(after.y - around.y)).toBeLessThan(12);
      await fingers.pinch(around, 120, 60);
      await expect.poll(() => zoom(page)).toBeLessThan(small * 1.2);
      // Nothing was moved by it.
      await expect(said(page)).toHaveText('1 step moved.');
      await nothingOverflows(page);
    });
  });
}
