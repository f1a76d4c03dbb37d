import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { accessible, expect, nothingOverflows, test } from '../support/fixtures.ts';
import { newKey, signUp } from '../support/programs.ts';

// The editor, with the mouse and again with the keyboard alone: the abandoned-cart journey from nothing to published.

const canvas = (page: Page) => page.getByRole('group', { name: 'Canvas' });
const outline = (page: Page) => page.getByRole('tree', { name: 'Steps' });
const rows = (page: Page) => outline(page).getByRole('treeitem');
const row = (page: Page, name: RegExp | string) => outline(page).getByRole('treeitem', { name });
const panel = (page: Page) => page.getByRole('complementary', { name: 'Panel' });
const step = (page: Page, name: RegExp | string) => canvas(page).getByRole('group', { name });
const saving = (page: Page) => page.getByRole('status', { name: 'Saving' });
const said = (page: Page) => page.getByRole('status', { name: 'What was done' });

async function newJourney(page: Page, url: string, name: string): Promise<void> {
  await page.goto(`${url}/journeys/new`);
  await page.getByRole('textbox', { name: 'Name' }).fill(name);
  await page.getByRole('button', { name: 'Create draft' }).click();
  await expect(rows(page)).toHaveCount(1);
}

/** Presses the button of an outlet and chooses a step from the list. */
async function addAt(page: Page, from: Locator, outlet: string, kind: string): Promise<void> {
  await from.getByRole('button', { name: new RegExp(`^${outlet} of `) }).click();
  await page.getByRole('dialog', { name: /^Add a step after/ }).getByRole('button', { name: kind, exact: true }).click();
}

async function middle(locator: Locator): Promise<{ x: number; y: number }> {
  const box = (await locator.boundingBox())!;
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

async function drag(page: Page, from: { x: number; y: number }, to: { x: number; y: number }): Promise<void> {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 4 });
  await page.mouse.move(to.x, to.y, { steps: 4 });
  await page.mouse.up();
}

async function nothingOverlaps(page: Page): Promise<void> {
  const boxes = await canvas(page).locator('.step').evaluateAll((all) => all.map((one) => one.getBoundingClientRect().toJSON()));
  for (const [index, a] of boxes.entries()) {
    for (const b of boxes.slice(index + 1)) {
      const apart = a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
      expect(apart, JSON.stringify([a, b])).toBe(true);
    }
  }
}

test('the abandoned-cart journey is built with the mouse, aligned, checked and published', async ({ page, server }) => {
  await newJourney(page, server.url, 'Cart by mouse');

  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  await panel(page).getByLabel('Entry', { exact: true }).selectOption({ label: 'Live event' });
  await panel(page).getByLabel('Event that lets people in').fill('Checkout Started');

  await addAt(page, step(page, /^Entry/), 'next', 'Wait for event');
  await panel(page).getByLabel('Event that is waited for').fill('Order Completed');
  await panel(page).getByLabel('Waits at most', { exact: true }).fill('2');
  await panel(page).getByLabel('Unit of: Waits at most').selectOption('hours');

  await addAt(page, step(page, /^Wait for event/), 'timeout', 'E-mail');
  await panel(page).getByLabel('Subject', { exact: true }).fill('You left something behind');
  await panel(page).getByLabel('Text', { exact: true }).fill('Your cart is waiting.');
  await addAt(page, step(page, /^Wait for event/), 'yes', 'Goal');
  await panel(page).getByLabel('Name of the goal').fill('Bought');

  // A step is dragged out of the palette and connected by hand.
  await page.getByRole('button', { name: 'Show all steps' }).click();
  const spot = await middle(step(page, /^E-mail/));
  const exit = page.getByRole('region', { name: 'Palette' }).getByRole('button', { name: 'Exit' });
  await exit.scrollIntoViewIfNeeded();
  await drag(page, await middle(exit), { x: spot.x, y: spot.y + 110 });
  await expect(step(page, /^Exit/)).toBeVisible();
  await drag(page, await middle(step(page, /^E-mail/).getByRole('button', { name: /^sent of/ })), await middle(step(page, /^Exit/)));
  await expect(said(page)).toContainText('leads to “Exit”');

  // One is put onto a connector, and the last step is taken back and done again.
  const wait = page.getByRole('button', { name: /^Add a step between .*, sent, and Exit$/ });
  await wait.click();
  await page.getByRole('dialog', { name: /^Add a step after/ }).getByRole('button', { name: 'Delay', exact: true }).click();
  await expect(rows(page)).toHaveCount(6);
  await canvas(page).press('Control+z');
  await expect(rows(page)).toHaveCount(5);
  await canvas(page).press('Control+y');
  await expect(rows(page)).toHaveCount(6);

  await page.getByRole('button', { name: 'Align from top to bottom' }).click();
  await nothingOverlaps(page);
  await page.getByRole('button', { name: 'Align from left to right' }).click();
  await nothingOverlaps(page);
  await page.getByRole('button', { name: 'Align from left to right' }).click();
  await expect(said(page)).toContainText('aligned');
  await expect(saving(page)).toHaveText('Saved');
  await accessible(page);

  // What was saved is there again.
  await page.reload();
  await expect(rows(page)).toHaveCount(6);
  await expect(step(page, /You left something behind/)).toBeVisible();

  await page.getByRole('button', { name: 'Publish…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Publish this version' });
  await accessible(page);
  await dialog.getByLabel('Description').fill('Reminds people of their carts');
  await expect(dialog).toContainText('29 of 120 characters');
  await dialog.getByRole('button', { name: 'Publish' }).click();
  await expect(page).toHaveURL(/\/journeys\/[0-9a-f-]+$/);
  await expect(page.getByRole('heading', { name: 'Cart by mouse' })).toBeVisible();
  await expect(page.locator('.badge-running').first()).toBeVisible();
});

test('and again with the keyboard alone', async ({ page, server }) => {
  await newJourney(page, server.url, 'Cart by keyboard');

  /** Chooses in a field that has the keyboard, as fast as letters. */
  const choose = async (field: Locator, label: string) => {
    await field.focus();
    await field.selectOption({ label });
  };
  const add = async (way: RegExp | null, kind: string) => {
    const tools = page.getByRole('group', { name: 'With the chosen step' });
    if (way) {
      const field = tools.getByLabel('Way out');
      const value = await field.locator('option').filter({ hasText: way }).first().getAttribute('value');
      await field.focus();
      await field.selectOption(value!);
    }
    await choose(tools.getByLabel('New step'), kind);
    await tools.getByRole('button', { name: 'Add step' }).focus();
    await page.keyboard.press('Enter');
  };
  const type = async (field: string, text: string) => {
    await panel(page).getByLabel(field, { exact: true }).focus();
    await page.keyboard.press('Control+a');
    await page.keyboard.type(text);
  };

  await page.getByRole('button', { name: 'Settings', exact: true }).focus();
  await page.keyboard.press('Enter');
  await choose(panel(page).getByLabel('Entry', { exact: true }), 'Live event');
  await type('Event that lets people in', 'Checkout Started');

  await row(page, /Entry/).focus();
  await add(null, 'Wait for event');
  await expect(row(page, /Wait for event/)).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(panel(page).getByLabel('Name of the step')).toBeFocused();
  await type('Event that is waited for', 'Order Completed');
  await page.keyboard.press('Escape');
  await expect(step(page, /^Wait for event/)).toBeFocused();

  await row(page, /Wait for event/).focus();
  await add(/^timeout/, 'E-mail');
  await type('Subject', 'You left something behind');
  await type('Text', 'Your cart is waiting.');
  await row(page, /Wait for event/).focus();
  await add(/^yes/, 'Goal');
  await type('Name of the goal', 'Bought');

  // An outlet is connected to a step that is there, and a step is deleted; the keyboard is never lost.
  await row(page, /E-mail/).focus();
  await add(/^sent/, 'SMS');
  await expect(row(page, /SMS/)).toBeFocused();
  await page.keyboard.press('Delete');
  await expect(rows(page)).toHaveCount(4);
  await expect(row(page, /E-mail/)).toBeFocused();
  const tools = page.getByRole('group', { name: 'With the chosen step' });
  await choose(tools.getByLabel('Existing step'), 'Goal: Bought');
  await tools.getByRole('button', { name: 'Connect', exact: true }).focus();
  await page.keyboard.press('Enter');
  await expect(row(page, /as above: Bought/)).toBeVisible();

  // On the canvas the arrows go from step to step.
  await step(page, /^Entry/).focus();
  await page.keyboard.press('ArrowDown');
  await expect(step(page, /^Wait for event/)).toBeFocused();
  await page.keyboard.press('l');
  await nothingOverlaps(page);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
  await accessible(page);
  await page.keyboard.press('Escape');
  await expect(saving(page)).toHaveText('Saved');

  await page.getByRole('button', { name: 'Publish…' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'Publish this version' }).getByLabel('Description').focus();
  await page.keyboard.type('By hand');
  await page.keyboard.press('Tab');
  await page.getByRole('dialog').getByRole('button', { name: 'Publish' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Cart by keyboard' })).toBeVisible();
});

test('checks are live, lead to their place, and keep a version from being published', async ({ page, server }) => {
  await newJourney(page, server.url, 'Unfinished');
  await page.getByRole('button', { name: /^Checks/ }).click();
  await expect(panel(page)).toContainText('does nothing yet');
  await addAt(page, step(page, /^Entry/), 'next', 'Delay');
  await panel(page).getByLabel('Waits', { exact: true }).selectOption({ label: 'Until a time of day' });
  await panel(page).getByLabel(/^Time of day/).fill('');
  await expect(panel(page)).toContainText('A time of day is written as 09:30.');
  await expect(saving(page)).toHaveText('Saved');
  await page.getByRole('button', { name: 'Publish…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Publish this version' });
  await expect(dialog).toContainText('It cannot be published yet.');
  await dialog.getByRole('button', { name: /time of day is written/ }).click();
  await expect(panel(page).getByLabel(/^Time of day/)).toBeFocused();
  await panel(page).getByLabel(/^Time of day/).fill('09:30');
  await expect(saving(page)).toHaveText('Saved');
});

test('steps are copied, cut and pasted, also into another journey', async ({ page, server, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await newJourney(page, server.url, 'From here');
  await addAt(page, step(page, /^Entry/), 'next', 'SMS');
  await panel(page).getByLabel('Text', { exact: true }).fill('Hello there');
  await step(page, /^SMS/).focus();
  await page.keyboard.press('Control+c');
  await expect(said(page)).toHaveText('1 step copied.');
  await page.keyboard.press('Control+v');
  await expect(step(page, /^SMS/)).toHaveCount(2);
  await page.keyboard.press('Control+x');
  await expect(step(page, /^SMS/)).toHaveCount(1);
  await expect(saving(page)).toHaveText('Saved');
  await newJourney(page, server.url, 'To there');
  await step(page, /^Entry/).focus();
  await page.keyboard.press('Control+v');
  await expect(step(page, /Hello there/)).toBeVisible();
  await expect(saving(page)).toHaveText('Saved');
});

test('several steps are chosen and moved together, and a drag is one step of undo', async ({ page, server }) => {
  await newJourney(page, server.url, 'Moved');
  await addAt(page, step(page, /^Entry/), 'next', 'Delay');
  await addAt(page, step(page, /^Delay/), 'next', 'SMS');
  await canvas(page).press('Control+a');
  await expect(said(page)).toHaveText('3 steps chosen.');
  const before = await middle(step(page, /^SMS/));
  const from = await middle(step(page, /^Delay/).locator('.step-name'));
  await drag(page, from, { x: from.x + 80, y: from.y + 40 });
  await expect(said(page)).toHaveText('3 steps moved.');
  const after = await middle(step(page, /^SMS/));
  expect(after.x).toBeGreaterThan(before.x + 20);
  await canvas(page).press('Control+z');
  await expect.poll(async () => (await middle(step(page, /^SMS/))).x).toBeCloseTo(before.x, 0);
});

test.describe('two people, or no connection', () => {
  test.use({ expectedErrors: /ERR_INTERNET_DISCONNECTED|ERR_FAILED|Failed to fetch/ });

  test('what somebody else saved is not overwritten silently', async ({ page, server, context }) => {
    await newJourney(page, server.url, 'Shared');
    const address = page.url();
    const other = await context.newPage();
    await other.goto(address);
    await expect(rows(other)).toHaveCount(1);
    await addAt(other, step(other, /^Entry/), 'next', 'SMS');
    await expect(saving(other)).toHaveText('Saved');
    await addAt(page, step(page, /^Entry/), 'next', 'Delay');
    const dialog = page.getByRole('dialog', { name: 'Somebody else saved' });
    await expect(dialog).toContainText('Theirs: 2 steps');
    await dialog.getByRole('button', { name: 'Keep mine over theirs' }).click();
    await expect(saving(page)).toHaveText('Saved');
    await other.reload();
    await expect(row(other, /Delay/)).toBeVisible();
    await expect(row(other, /SMS/)).toHaveCount(0);
  });

  test('without a connection work is kept, and sent when it is back', async ({ page, server, context }) => {
    await newJourney(page, server.url, 'Offline');
    await context.setOffline(true);
    await addAt(page, step(page, /^Entry/), 'next', 'SMS');
    await expect(saving(page)).toContainText('no connection');
    await context.setOffline(false);
    await expect(saving(page)).toHaveText('Saved', { timeout: 15_000 });
  });
});

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`looks, ${colorScheme}`, () => {
    test.use({ colorScheme });

    test('every panel is accessible', async ({ page, server }) => {
      await page.goto(`${server.url}/journeys?q=Suspicious`);
      await page.getByRole('link', { name: 'Suspicious payment' }).click();
      await page.getByRole('link', { name: 'Edit' }).click();
      await expect(rows(page).first()).toBeVisible();
      for (const name of ['Settings', /^Checks/, 'Try it']) {
        await page.getByRole('button', typeof name === 'string' ? { name, exact: true } : { name }).click();
        await accessible(page);
      }
      await step(page, /^E-mail|^SMS|^Push/).first().click();
      await accessible(page);
    });
  });
}

for (const width of [360, 1280]) {
  test.describe(`${width} pixels wide`, () => {
    test.use({ viewport: { width, height: 800 } });

    test('nothing overflows', async ({ page, server }) => {
      await newJourney(page, server.url, 'Narrow');
      await nothingOverflows(page);
      await page.getByRole('button', { name: 'Settings', exact: true }).click();
      await nothingOverflows(page);
    });
  });
}

test.describe('a published journey', () => {
  test.use({ seed: join(import.meta.dirname, '../../docs/examples/welcome.json') });

  test('its texts are changed in place, its figures follow, and a new version takes over', async ({ page, server }) => {
    const key = await newKey(server);
    await page.goto(`${server.url}/journeys`);
    await page.getByRole('link', { name: 'Welcome (example)' }).click();
    await page.getByRole('link', { name: 'Edit' }).click();
    await page.getByRole('button', { name: 'Publish…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Publish' }).click();
    await expect(page).toHaveURL(/\/journeys\/[0-9a-f-]+$/);

    // Figures come by themselves, and lead to the people.
    await page.getByRole('link', { name: 'Edit' }).click();
    await expect(page.getByRole('note')).toContainText('is published');
    await signUp(server, key, 'ada', 'bilal', 'chiara');
    const here = canvas(page).getByRole('button', { name: /^3 came · 3 here at Delay/ });
    await here.click();
    const people = page.getByRole('dialog', { name: 'People at this step' });
    await expect(people.getByRole('link', { name: 'ada' })).toBeVisible();
    await people.getByRole('button', { name: 'Close' }).click();

    // In place: texts and names, nothing else.
    await row(page, /^E-mail|E-mail/).first().click();
    await panel(page).getByLabel('Subject', { exact: true }).fill('Other words');
    await expect(saving(page)).toHaveText('Saved');
    await row(page, /Delay/).first().click();
    await expect(panel(page).getByLabel('Waits', { exact: true })).toBeDisabled();
    await expect(page.getByRole('region', { name: 'Palette' })).toHaveCount(0);
    await page.reload();
    await expect(step(page, /Other words/)).toBeVisible();

    // A new version is a draft of its own, and says what becomes of the people inside.
    await page.getByRole('button', { name: 'New version' }).click();
    await expect(page).toHaveURL(/version=2/);
    await expect(step(page, /Other words/)).toBeVisible();
    await step(page, /^Delay/).first().click();
    await addAt(page, step(page, /^Delay/).first(), 'next', 'SMS');
    await panel(page).getByLabel('Text', { exact: true }).fill('Hello');
    await expect(saving(page)).toHaveText('Saved');
    await page.getByRole('button', { name: 'Publish…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Publish this version' });
    await expect(dialog).toContainText('3 people are inside of version 1');
    await dialog.getByRole('button', { name: 'Publish' }).click();
    await expect(page).toHaveURL(/\/journeys\/[0-9a-f-]+$/);
    await expect(page.getByText('Restricted').first()).toBeVisible();
  });

  test('a trial shows the way of a person, and a replay what would have happened', async ({ page, server }) => {
    const key = await newKey(server);
    await signUp(server, key, 'ada', 'bilal');
    await page.goto(`${server.url}/journeys`);
    await page.getByRole('link', { name: 'Welcome (example)' }).click();
    await page.getByRole('link', { name: 'Edit' }).click();
    await page.getByRole('button', { name: 'Try it' }).click();
    await panel(page).getByRole('button', { name: 'Run', exact: true }).click();
    await expect(page.getByRole('list', { name: 'Steps of the trial' }).getByRole('listitem').first()).toBeVisible();
    await expect(canvas(page).locator('.step-trail').first()).toBeVisible();
    await accessible(page);
    await panel(page).getByRole('button', { name: 'Replay' }).click();
    await expect(panel(page)).toContainText('Would have entered');
    await expect(canvas(page).getByText('2 would come').first()).toBeVisible();
  });
});
