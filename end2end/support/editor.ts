import type { Locator, Page } from '@playwright/test';
import { expect } from './fixtures.ts';

// What tests of the editor find on its page, and what a mouse does there.

export const canvas = (page: Page) => page.getByRole('group', { name: 'Canvas' });
export const outline = (page: Page) => page.getByRole('tree', { name: 'Steps' });
export const rows = (page: Page) => outline(page).getByRole('treeitem');
export const row = (page: Page, name: RegExp | string) => outline(page).getByRole('treeitem', { name });
export const panel = (page: Page) => page.getByRole('complementary', { name: 'Panel' });
export const step = (page: Page, name: RegExp | string) => canvas(page).getByRole('group', { name });
export const tools = (page: Page) => page.getByRole('group', { name: 'Selected step' });
export const saving = (page: Page) => page.getByRole('status', { name: 'Saving' });
export const said = (page: Page) => page.getByRole('status', { name: 'Last action' });
export const publishing = (page: Page) => page.getByRole('dialog', { name: 'Publish this version' });

export async function newJourney(page: Page, url: string, name: string): Promise<void> {
  await page.goto(`${url}/journeys/new`);
  await page.getByRole('textbox', { name: 'Name' }).fill(name);
  await page.getByRole('button', { name: 'Create draft' }).click();
  await expect(rows(page)).toHaveCount(1);
}

/** Presses the button of an outlet and chooses a step from the list. */
export async function addAt(page: Page, from: Locator, outlet: string, kind: string): Promise<void> {
  await from.getByRole('button', { name: new RegExp(`^${outlet} of `) }).click();
  await page.getByRole('dialog', { name: /^Add a step after/ }).getByRole('button', { name: kind, exact: true }).click();
}

export async function middle(locator: Locator): Promise<{ x: number; y: number }> {
  const box = (await locator.boundingBox())!;
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

export async function drag(page: Page, from: { x: number; y: number }, to: { x: number; y: number }): Promise<void> {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 4 });
  await page.mouse.move(to.x, to.y, { steps: 4 });
  await page.mouse.up();
}

export async function nothingOverlaps(page: Page): Promise<void> {
  const boxes = await canvas(page).locator('.step').evaluateAll((all) => all.map((one) => one.getBoundingClientRect().toJSON()));
  for (const [index, a] of boxes.entries()) {
    for (const b of boxes.slice(index + 1)) {
      const apart = a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
      expect(apart, JSON.stringify([a, b])).toBe(true);
    }
  }
}
