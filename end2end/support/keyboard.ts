import type { Locator, Page } from '@playwright/test';
import { expect } from './fixtures.ts';

/** The keyboard alone: whatever is reached is reached by keys that a person could press. */
export class Keyboard {
  constructor(private readonly page: Page) {}

  async press(...keys: string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text);
  }

  /** Over what stands in the field that has the keyboard. */
  async replace(text: string): Promise<void> {
    await this.press('Control+a');
    await this.type(text);
  }

  /** Presses Tab until an element has the keyboard; fails where that takes more than a person would put up with. */
  async tabTo(target: Locator, most = 12, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
    await expect(target).toBeVisible();
    for (let pressed = 0; pressed <= most; pressed += 1) {
      if (await target.evaluate((element) => element === document.activeElement)) return this.isSeen();
      await this.press(key);
    }
    throw new Error(`after ${most} times ${key} the keyboard is at ${await this.where()} and not at ${target}`);
  }

  /** An operation leaves the keyboard somewhere, and a person sees where. */
  async isSeen(): Promise<void> {
    await expect
      .poll(async () => this.page.evaluate(() => {
        const element = document.activeElement;
        if (!element || element === document.body) return 'nowhere';
        const box = element.getBoundingClientRect();
        const style = getComputedStyle(element);
        const inside = box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
        if (!inside) return `outside of the window: ${element.outerHTML.slice(0, 120)}`;
        const ringed = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
        return ringed ? 'seen' : `without a ring: ${element.outerHTML.slice(0, 120)}`;
      }))
      .toBe('seen');
  }

  private where(): Promise<string> {
    return this.page.evaluate(() => document.activeElement?.outerHTML.slice(0, 160) ?? 'nothing');
  }
}
