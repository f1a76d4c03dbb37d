import AxeBuilder from '@axe-core/playwright';
import { expect, test as base, type Locator, type Page } from '@playwright/test';
import { type Accounts, PASSWORD, type Seed, Server } from './server.ts';

type Fixtures = {
  seed: Seed;
  accounts: Accounts;
  /** Further flags of the server. */
  flags: string[];
  server: Server;
  /** Console errors that a test provokes on purpose. */
  expectedErrors: RegExp | undefined;
  /** Opens a page and waits until it listens. */
  open: (path: string) => Promise<void>;
  /** Signs in on the page's browser and opens a page. */
  signIn: (email: string, path?: string) => Promise<void>;
};

export const test = base.extend<Fixtures>({
  seed: ['demo', { option: true }],
  accounts: [{}, { option: true }],
  flags: [[], { option: true }],
  expectedErrors: [undefined, { option: true }],
  server: async ({ seed, accounts, flags }, use) => {
    const server = await Server.start(seed, accounts, flags);
    await use(server);
    await server.dispose();
  },
  // Depends on the server, so that the page is gone before the server is.
  page: async ({ page, expectedErrors, server }, use) => {
    void server;
    const errors: string[] = [];
    const expected = (text: string) => expectedErrors?.test(text) ?? false;
    page.on('pageerror', (error) => errors.push(`page error: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error' && !expected(message.text())) errors.push(`console: ${message.text()}`);
    });
    await use(page);
    await page.close();
    expect(errors, 'the browser reported no errors').toEqual([]);
  },
  open: async ({ page, server }, use) => {
    await use(async (path) => {
      await page.goto(server.url + path);
      await alive(page);
    });
  },
  signIn: async ({ page, server }, use) => {
    await use((email, path) => signInOn(page, server, email, path));
  },
});

export { expect, PASSWORD };

/** Signs in through the page, as a person does. */
export async function signInOn(page: Page, server: Server, email: string, path = '/journeys'): Promise<void> {
  await page.goto(server.url + path);
  await page.getByLabel('Email address').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(server.url + path);
  await alive(page);
}


/** Hydration is done: clicks are heard. */
export async function alive(page: Page): Promise<void> {
  await page.waitForSelector('html[data-hydrated="true"]', { timeout: 20_000 });
}

export const table = (page: Page): Locator => page.getByRole('table', { name: 'Journeys' });
export const row = (page: Page, name: string): Locator =>
  table(page).getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });
export const tick = (page: Page, name: string): Locator => page.getByRole('checkbox', { name: `Select ${name}`, exact: true });
export const bulk = (page: Page, name: string): Locator =>
  page.getByRole('group', { name: 'Actions for the selected journeys' }).getByRole('button', { name, exact: true });
export const toast = (page: Page): Locator => page.getByRole('status').filter({ hasText: /\.$|Undo|Details/ });

export async function menuOf(page: Page, name: string): Promise<Locator> {
  await page.getByRole('button', { name: `More actions for ${name}`, exact: true }).click();
  const menu = page.getByRole('menu', { name: `More actions for ${name}`, exact: true });
  await expect(menu).toBeVisible();
  return menu;
}

/** What went wrong, as the page says it. */
export const complaint = (page: Page, text: string | RegExp): Locator => page.getByRole('alert').filter({ hasText: text });

/** No violation of WCAG 2.2 AA that a program can find. */
export async function accessible(page: Page): Promise<void> {
  const found = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze();
  expect(found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 160)).join(' | ')}`)).toEqual([]);
}

/** What is in the frames of a preview is the author's, and locked: axe cannot look inside, and waits in vain. */
export async function emptyFrames(page: Page): Promise<void> {
  await page.locator('iframe').evaluateAll((frames: HTMLIFrameElement[]) => {
    for (const frame of frames) {
      frame.removeAttribute('sandbox');
      frame.src = 'about:blank';
    }
  });
}

/** Nothing sticks out of the window, unless it lies in something that scrolls by itself. */
export async function nothingOverflows(page: Page): Promise<void> {
  const out = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const scrolls = (element: Element): boolean => {
      for (let up: Element | null = element; up; up = up.parentElement) {
        const style = getComputedStyle(up);
        if (style.overflowX !== 'visible' || style.position === 'fixed' || style.clipPath !== 'none') return true;
      }
      return false;
    };
    const names = [...document.body.querySelectorAll('*')]
      .filter((element) => element.getBoundingClientRect().right > width + 1 && !scrolls(element))
      .map((element) => element.outerHTML.slice(0, 120));
    if (document.documentElement.scrollWidth > width) names.push(`the page scrolls sideways: ${document.documentElement.scrollWidth}`);
    return names;
  });
  expect(out).toEqual([]);
}
