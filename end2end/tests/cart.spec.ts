import type { Page } from '@playwright/test';
import {
  addAt, canvas, newJourney, nothingOverlaps, outline, panel, publishing, row, rows, said, saving, step, tools,
} from '../support/editor.ts';
import { accessible, expect, test } from '../support/fixtures.ts';
import { Keyboard } from '../support/keyboard.ts';
import { newKey, track } from '../support/programs.ts';
import type { Server } from '../support/server.ts';

// The abandoned cart, from nothing to figures on its canvas: once with the mouse, and once with the keyboard alone.

test.use({ seed: 'empty' });
test.setTimeout(120_000);

/** What the story needs done; each hand does it in its own way. */
interface Hands {
  begin(name: string): Promise<void>;
  letIn(event: string): Promise<void>;
  /** Adds a step at a way out of another one and opens its form. */
  add(after: RegExp, way: string, kind: string): Promise<void>;
  /** Opens the form of a step. */
  open(which: RegExp): Promise<void>;
  write(field: string, text: string): Promise<void>;
  align(): Promise<void>;
  /** Asks to publish: the window shows either the form or what is wrong. */
  askToPublish(): Promise<void>;
  /** Goes to the place of something that is wrong. */
  mend(what: RegExp): Promise<void>;
  publish(description: string): Promise<void>;
  /** From the journey's page to its editor. */
  edit(): Promise<void>;
  /** Into the editor of a page that was just loaded. */
  arrive(): Promise<void>;
  newVersion(): Promise<void>;
  whoIsAt(which: RegExp): Promise<void>;
}

async function fromNothingToFigures(page: Page, server: Server, hands: Hands, name: string): Promise<void> {
  // Built.
  await hands.begin(name);
  await hands.letIn('Checkout Started');
  await hands.add(/Entry/, 'Next', 'Wait for event');
  await hands.write('Event to wait for', 'Order Completed');
  await hands.add(/Wait for event/, 'Timed out', 'Email');
  await hands.write('Subject', 'You left something behind');
  await hands.add(/Wait for event/, 'Yes', 'Goal');
  await hands.write('Name of the goal', 'Bought');
  await expect(rows(page)).toHaveCount(4);

  await hands.align();
  await expect(said(page)).toContainText('ligned from top to bottom');
  await nothingOverlaps(page);

  // A check is seen where it counts, leads to its place, and is mended there.
  await hands.askToPublish();
  await expect(publishing(page)).toContainText('Fix these errors before you publish.');
  await accessible(page);
  await hands.mend(/has no text/);
  await expect(panel(page).getByLabel('Text', { exact: true })).toBeFocused();
  await hands.write('Text', 'Your cart is waiting.');
  await expect(saving(page)).toHaveText('Saved');

  await hands.askToPublish();
  await accessible(page);
  await hands.publish('Reminds people of their carts');
  await expect(page).toHaveURL(/\/journeys\/[0-9a-f-]+$/);
  await expect(page.getByRole('heading', { name })).toBeVisible();
  await expect(page.locator('.badge-running').first()).toBeVisible();

  // In place: another subject, for whoever gets it from now on.
  await hands.edit();
  await expect(page.getByRole('note')).toContainText('is published');
  await hands.open(/Email/);
  await expect(panel(page).getByLabel('Name of the step')).toBeEnabled();
  await hands.write('Subject', 'Other words');
  await expect(saving(page)).toHaveText('Saved');
  await page.reload();
  await hands.arrive();
  await expect(step(page, /Other words/)).toBeVisible();

  // A new version with one more step takes over.
  await hands.newVersion();
  await expect(page).toHaveURL(/version=2/);
  await hands.arrive();
  await expect(step(page, /Other words/)).toBeVisible();
  await hands.add(/Email/, 'Sent', 'SMS');
  await hands.write('Text', 'Still there?');
  await expect(saving(page)).toHaveText('Saved');
  await hands.askToPublish();
  await hands.publish('And sends an SMS');
  await expect(page).toHaveURL(/\/journeys\/[0-9a-f-]+$/);
  await expect(page.getByText('Restricted').first()).toBeVisible();

  // What happens shows on its canvas, without a reload.
  await hands.edit();
  await expect(page.getByRole('note')).toContainText('Version 2 is published');
  const key = await newKey(server);
  await track(server, key, 'Checkout Started', ['ada', 'bilal', 'chiara'], { cart_id: 7 });
  await expect(canvas(page).getByText('3 came · 3 here')).toBeVisible();
  await track(server, key, 'Order Completed', ['ada', 'bilal'], { cart_id: 7 });
  await expect(canvas(page).getByText('3 came · 1 here')).toBeVisible();
  await expect(step(page, /Goal/)).toContainText('2 came');
  await hands.whoIsAt(/Wait for event/);
  const people = page.getByRole('dialog', { name: 'People at this step' });
  await expect(people.getByRole('link', { name: 'chiara' })).toBeVisible();
  await expect(people.getByRole('link')).toHaveCount(1);
  await accessible(page);
}

class Mouse implements Hands {
  constructor(private readonly page: Page, private readonly url: string) {}

  async begin(name: string) {
    await newJourney(this.page, this.url, name);
  }

  async letIn(event: string) {
    await this.page.getByRole('button', { name: 'Settings', exact: true }).click();
    await panel(this.page).getByLabel('Entry trigger', { exact: true }).selectOption({ label: 'Live event' });
    await this.write('Entry event', event);
  }

  async add(after: RegExp, way: string, kind: string) {
    await addAt(this.page, step(this.page, after), way, kind);
  }

  async open(which: RegExp) {
    await step(this.page, which).locator('.step-name').click();
  }

  async write(field: string, text: string) {
    await panel(this.page).getByLabel(field, { exact: true }).fill(text);
  }

  async align() {
    await this.page.getByRole('button', { name: 'Align from top to bottom' }).click();
  }

  async askToPublish() {
    await this.page.getByRole('button', { name: 'Publish…' }).click();
  }

  async mend(what: RegExp) {
    await publishing(this.page).getByRole('button', { name: what }).click();
  }

  async publish(description: string) {
    await publishing(this.page).getByLabel('Description').fill(description);
    await publishing(this.page).getByRole('button', { name: 'Publish' }).click();
  }

  async edit() {
    await this.page.getByRole('link', { name: 'Edit', exact: true }).click();
    await this.arrive();
  }

  async arrive() {
    await expect(rows(this.page).first()).toBeVisible();
  }

  async newVersion() {
    await this.page.getByRole('button', { name: 'New version' }).click();
  }

  async whoIsAt(which: RegExp) {
    await step(this.page, which).getByRole('button', { name: /List people here/ }).click();
  }
}

class Keys implements Hands {
  readonly keys: Keyboard;

  constructor(private readonly page: Page, private readonly url: string) {
    this.keys = new Keyboard(page);
  }

  async begin(name: string) {
    await this.page.goto(`${this.url}/journeys/new`);
    await this.keys.tabTo(this.page.getByRole('textbox', { name: 'Name' }));
    await this.keys.type(name);
    await this.keys.press('Enter');
    await this.arrive();
  }

  /** From wherever the keyboard is to the row of a step. */
  async toRow(which: RegExp) {
    await this.keys.press('Escape', 'o', 'Home');
    const target = row(this.page, which).first();
    for (let moved = 0; moved < (await rows(this.page).count()); moved += 1) {
      if (await target.evaluate((element) => element === document.activeElement)) break;
      await this.keys.press('ArrowDown');
    }
    await expect(target).toBeFocused();
    await this.keys.isSeen();
  }

  async letIn(event: string) {
    await this.keys.press('s');
    await expect(panel(this.page).getByLabel('Entry trigger', { exact: true })).toBeFocused();
    await this.keys.type('Live event');
    await this.write('Entry event', event);
  }

  async add(after: RegExp, way: string, kind: string) {
    await this.toRow(after);
    await this.keys.press('a');
    await expect(tools(this.page).getByLabel('New step')).toBeFocused();
    await this.keys.tabTo(tools(this.page).getByLabel('Path'), 2, 'Shift+Tab');
    await this.keys.type(way);
    await this.keys.tabTo(tools(this.page).getByLabel('New step'), 2);
    await this.keys.type(kind);
    await this.keys.tabTo(tools(this.page).getByRole('button', { name: 'Add step' }), 1);
    await this.keys.press('Enter');
    await expect(row(this.page, new RegExp(kind)).first()).toBeFocused();
    await this.keys.isSeen();
    await this.keys.press('Enter');
    await expect(panel(this.page).getByLabel('Name of the step')).toBeFocused();
  }

  async open(which: RegExp) {
    await this.toRow(which);
    await this.keys.press('Enter');
    await expect(panel(this.page).getByLabel('Name of the step')).toBeFocused();
  }

  async write(field: string, text: string) {
    await this.keys.tabTo(panel(this.page).getByLabel(field, { exact: true }), 6);
    await this.keys.replace(text);
  }

  async align() {
    await this.keys.press('Escape', 'l');
    await this.keys.isSeen();
  }

  async askToPublish() {
    await this.keys.press('Escape', 'p');
    await expect(publishing(this.page)).toBeVisible();
    await this.keys.isSeen();
  }

  async mend(what: RegExp) {
    await this.keys.tabTo(publishing(this.page).getByRole('button', { name: what }), 3);
    await this.keys.press('Enter');
  }

  async publish(description: string) {
    await this.keys.tabTo(publishing(this.page).getByLabel('Description'), 2);
    await this.keys.replace(description);
    await this.keys.tabTo(publishing(this.page).getByRole('button', { name: 'Publish' }), 4);
    await this.keys.press('Enter');
  }

  async edit() {
    await this.keys.tabTo(this.page.getByRole('link', { name: 'Skip to content' }), 1);
    await this.keys.press('Enter');
    await this.keys.tabTo(this.page.getByRole('link', { name: 'Edit', exact: true }), 8);
    await this.keys.press('Enter');
    await this.arrive();
  }

  async arrive() {
    await expect(rows(this.page).first()).toBeVisible();
    await this.keys.press('F6');
    await expect(outline(this.page).locator(':focus')).toHaveCount(1);
    await this.keys.isSeen();
  }

  async newVersion() {
    await this.keys.press('Shift+F6');
    await this.keys.tabTo(this.page.getByRole('button', { name: 'New version' }), 12);
    await this.keys.press('Enter');
  }

  async whoIsAt(which: RegExp) {
    await this.toRow(which);
    await this.keys.tabTo(tools(this.page).getByRole('button', { name: /List people here/ }), 3);
    await this.keys.press('Enter');
  }
}

test('the abandoned cart with the mouse: built, checked, published, edited in place, a new version, and its figures', async ({
  page, server,
}) => {
  await fromNothingToFigures(page, server, new Mouse(page, server.url), 'Cart by mouse');
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('and the same with the keyboard alone', async ({ page, server }) => {
  const hands = new Keys(page, server.url);
  await fromNothingToFigures(page, server, hands, 'Cart by keyboard');
  await hands.keys.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await hands.keys.isSeen();
  await expect(tools(page).getByRole('button', { name: /List people here/ })).toBeFocused();
});

test('the keyboard is never lost: by adding, connecting, disconnecting, copying, deleting, taking back', async ({ page, server }) => {
  const hands = new Keys(page, server.url);
  const { keys } = hands;
  await hands.begin('Never lost');
  await hands.add(/Entry/, 'Next', 'Email');
  await hands.add(/Email/, 'Sent', 'SMS');
  await keys.press('Escape');
  await expect(row(page, /SMS/)).toBeFocused();
  await keys.press('Control+d');
  await expect(rows(page)).toHaveCount(4);
  await keys.isSeen();
  await keys.press('Delete');
  await expect(rows(page)).toHaveCount(3);
  await keys.isSeen();
  await hands.toRow(/Email/);
  await keys.press('a', 'Shift+Tab');
  await keys.type('sent');
  await keys.tabTo(tools(page).getByRole('button', { name: 'Disconnect' }), 6);
  await keys.press('Enter');
  await expect(said(page)).toContainText('ends here now');
  await keys.isSeen();
  await hands.toRow(/Email/);
  await keys.press('a');
  await keys.tabTo(tools(page).getByRole('button', { name: 'Connect', exact: true }), 4);
  await keys.press('Enter');
  await expect(said(page)).toContainText('leads to “SMS');
  await keys.isSeen();

  // The parts of the editor, around and back.
  await keys.press('F6');
  await expect(canvas(page).locator('.step:focus')).toHaveCount(1);
  await keys.isSeen();
  await keys.press('ArrowUp');
  await keys.isSeen();
  await keys.press('F6');
  await expect(panel(page).getByLabel('Name of the step')).toBeFocused();
  await keys.press('F6');
  await expect(page.getByRole('button', { name: 'Undo' })).toBeFocused();
  for (let back = 0; back < 20; back += 1) await keys.press('Enter');
  await expect(rows(page)).toHaveCount(1);
  await expect(page.getByRole('button', { name: 'Undo' })).toBeFocused();
  await keys.press('Shift+F6', 'Escape');
  await keys.isSeen();

  // What lists in forms lose does not take the keyboard along.
  await keys.press('t');
  await keys.tabTo(panel(page).getByRole('button', { name: 'Add an event' }), 4);
  await keys.press('Enter');
  await keys.tabTo(panel(page).getByRole('button', { name: 'Remove this event' }), 6, 'Shift+Tab');
  await keys.press('Enter');
  await expect(panel(page).getByRole('button', { name: 'Add an event' })).toBeFocused();
  await keys.press('Escape', '?');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toContainText('F6');
  await accessible(page);
  await keys.press('Escape');
  await keys.isSeen();
});
