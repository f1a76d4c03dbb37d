// The `test` of all browser tests: a server of its own, a page that may not complain, and the usual helpers.
//
//   import { expect, test } from '../support/fixtures.ts';
//   test.use({ seed: 'demo' });
//   test('…', async ({ goto, page, server }) => { await goto('/journeys'); … });
import { test as base, type Page, type Response } from '@playwright/test';
import { ErrorWatch } from './errors.ts';
import { Server, type Seed } from './server.ts';

export { expect, type Locator, type Page } from '@playwright/test';
export { assertNoOverflow, axe } from './accessibility.ts';
export { ErrorWatch } from './errors.ts';
export { Server, type Seed } from './server.ts';

const START_SCRIPT = /\/pkg\/start\.[^/]*\.js$/;

type Options = {
  /** 'empty' unless told. */
  seed: Seed;
};

type Fixtures = {
  server: Server;
  /** Complaints of pages; announce those that belong to the test. */
  errors: ErrorWatch;
  /** Opens an address and waits until the page is alive. Answers what the server answered. */
  goto: (path: string, page?: Page) => Promise<Response | null>;
  /** A page in a browser without scripts. */
  scriptlessPage: Page;
};

export const test = base.extend<Options & Fixtures>({
  seed: ['empty', { option: true }],

  server: async ({ seed }, use, testInfo) => {
    const server = await Server.start(seed);
    await use(server);
    if (testInfo.status !== testInfo.expectedStatus) {
      await testInfo.attach('server log', { body: server.log, contentType: 'text/plain' });
    }
    await server.dispose();
  },

  baseURL: async ({ server }, use) => {
    await use(server.url);
  },

  errors: async ({}, use) => {
    const errors = new ErrorWatch();
    await use(errors);
    errors.verify();
  },

  page: async ({ page, errors }, use) => {
    errors.watch(page);
    await use(page);
  },

  goto: async ({ page }, use) => {
    await use(async (path, other = page) => {
      const response = await other.goto(path);
      await untilAlive(other);
      return response;
    });
  },

  scriptlessPage: async ({ browser, baseURL, viewport, errors }, use) => {
    const context = await browser.newContext({ javaScriptEnabled: false, baseURL, viewport });
    const page = await context.newPage();
    errors.watch(page);
    await use(page);
    await context.close();
  },
});

/** Until the browser's half has taken over what the server rendered. */
export async function untilAlive(page: Page): Promise<void> {
  await page.locator('html[data-hydrated="true"]').waitFor({ state: 'attached' });
}

/**
 * Keeps the browser's half from starting until the answered function is called: for what a person does before it runs.
 * Call it before the page is opened, and open the page with `page.goto`, not `goto`.
 */
export async function holdScripts(page: Page): Promise<() => Promise<void>> {
  let release = () => {};
  const released = new Promise<void>((done) => (release = done));
  await page.route(START_SCRIPT, async (route) => {
    await released;
    // The page may have gone elsewhere meanwhile.
    await route.continue().catch(() => undefined);
  });
  return async () => {
    release();
    await untilAlive(page);
  };
}

/** The browser's half never arrives, although scripts are on: a broken network in the wrong moment. */
export async function blockScripts(page: Page, errors: ErrorWatch): Promise<void> {
  errors.expect(/\/pkg\/start\.[^/]*\.js/);
  await page.route(START_SCRIPT, (route) => route.abort());
}
