// What can be measured of "usable by everybody": the rules of WCAG 2.2 AA that a program can judge, and no sideways scroll.
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** Fails where axe finds a violation, and lists each with the elements. Part of a page: `axe(page, 'dialog')`. */
export async function axe(page: Page, within?: string): Promise<void> {
  // A fade that has not ended is measured as too little contrast.
  await page.evaluate(() =>
    Promise.all(
      document
        .getAnimations()
        .filter((animation) => animation.effect?.getComputedTiming().iterations !== Infinity)
        .map((animation) => animation.finished.catch(() => undefined)),
    ),
  );
  const builder = new AxeBuilder({ page }).withTags(TAGS);
  if (within !== undefined) builder.include(within);
  const { violations } = await builder.analyze();
  const shown = violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}\n  ${node.target.join(' ')}\n  ${node.failureSummary?.replaceAll('\n', '\n  ')}`),
  );
  expect(shown, 'accessibility violations').toEqual([]);
}

/** Fails where the document scrolls sideways, or an element sticks out of the window without a scroller of its own around it. */
export async function assertNoOverflow(page: Page): Promise<void> {
  const protruding = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const findings: string[] = [];
    const root = document.scrollingElement ?? document.documentElement;
    if (root.scrollWidth > width) findings.push(`the document is ${root.scrollWidth}px wide in a window of ${width}px`);
    const isCutOff = (element: Element): boolean => {
      for (let box = element.parentElement; box !== null && box !== document.body; box = box.parentElement) {
        const style = getComputedStyle(box);
        // Scrolls by itself, or shows nothing of what sticks out.
        if (style.overflowX !== 'visible') {
          const outer = box.getBoundingClientRect();
          return outer.left >= -1 && outer.right <= width + 1;
        }
      }
      return false;
    };
    for (const element of document.body.querySelectorAll('*')) {
      const box = element.getBoundingClientRect();
      if (box.width === 0 || box.height === 0 || (box.left >= -1 && box.right <= width + 1)) continue;
      if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) || isCutOff(element)) continue;
      const name = element.id ? `#${element.id}` : [element.tagName.toLowerCase(), ...element.classList].join('.');
      findings.push(`${name} reaches from ${Math.round(box.left)}px to ${Math.round(box.right)}px in a window of ${width}px`);
    }
    return findings;
  });
  expect(protruding, 'what sticks out of the window').toEqual([]);
}
