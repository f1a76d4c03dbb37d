import type { Page } from '@playwright/test';
import { accessible, alive, bulk, expect, menuOf, nothingOverflows, test, tick } from '../support/fixtures.ts';
import type { Server } from '../support/server.ts';

// Every page and state: no violation that axe can find, in light and dark, and nothing sticks out of a phone.

const PAGES = ['/journeys', '/journeys?archived=1', '/journeys?q=nothing-like-this', '/journeys/new'];

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    test('pages', async ({ page, open }) => {
      for (const path of PAGES) {
        await open(path);
        await accessible(page);
      }
      await open('/journeys?q=Suspicious');
      await page.getByRole('link', { name: 'Suspicious payment' }).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Suspicious payment');
      await accessible(page);
      await page.getByRole('link', { name: 'Edit' }).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Edit Suspicious payment');
      await accessible(page);
    });

    test('states of the list', async ({ page, open }) => {
      await open('/journeys?status=running&sort=name');
      await tick(page, 'Abandoned cart').check();
      await accessible(page);
      await menuOf(page, 'Abandoned cart');
      await accessible(page);
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Filters' }).click();
      await accessible(page);
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Columns' }).click();
      await accessible(page);
      await page.keyboard.press('Escape');
      await bulk(page, 'Label').click();
      await expect(page.getByRole('dialog', { name: 'Label 1 journey' })).toBeVisible();
      await accessible(page);
      await page.getByRole('button', { name: 'Cancel' }).click();
      await bulk(page, 'Stop').click();
      await expect(page.getByRole('alertdialog')).toBeVisible();
      await accessible(page);
      await page.getByRole('button', { name: 'Cancel' }).click();
      await bulk(page, 'Pause').click();
      await expect(page.getByText('Abandoned cart paused.')).toBeVisible();
      await accessible(page);
      await page.getByRole('button', { name: 'Dismiss' }).click();
      await expect(page.getByText('Abandoned cart paused.')).toHaveCount(0);
    });
  });
}

// What a team sees: of the admin everything, of the stranger the way in.
const TEAM = { 'ada@example.com': 'admin', 'vic@example.com': 'viewer' } as const;
const TEAM_PAGES = ['/team', '/channels', '/channels/email', '/channels/push', '/channels/webhooks', '/delivery', '/suppressions', '/api-keys', '/audit', '/projects', '/account', '/journeys', '/journeys/new'];

async function fillThePages(page: Page): Promise<void> {
  const post = async (path: string, fields: Record<string, string>) =>
    page.evaluate(async ([path, fields]) => {
      const answer = await fetch(`/api/ui/${path}`, { method: 'POST', body: new URLSearchParams(fields) });
      if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    }, [path, fields] as const);
  await post('people/invite', { email: 'somebody.with.a.rather.long.address@a-company-with-a-long-name.example.com', role: 'creator' });
  await post('keys/create', { name: 'The backend of the shop, all environments', 'scopes[0]': 'ingest', 'scopes[1]': 'operate' });
  await post('projects/create', { name: 'A project with a name as long as names of projects get in big companies' });
}

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`a team, ${colorScheme}`, () => {
    test.use({ colorScheme, accounts: TEAM });

    test('pages', async ({ page, open, signIn, server }) => {
      await page.goto(`${server.url}/sign-in`);
      await accessible(page);
      await signIn('ada@example.com');
      await fillThePages(page);
      for (const path of TEAM_PAGES) {
        await open(path);
        await accessible(page);
      }
      await page.getByRole('button', { name: /^Switch project/ }).click();
      await accessible(page);
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'ada Admin' }).click();
      await accessible(page);
      await page.getByRole('button', { name: 'Sign out', exact: true }).click();
      await signIn('vic@example.com');
      await accessible(page);
    });
  });
}

for (const width of [360, 768, 1280]) {
  test.describe(`a team, ${width} pixels wide`, () => {
    test.use({ viewport: { width, height: 800 }, accounts: TEAM });

    test('nothing overflows', async ({ page, open, signIn, server }) => {
      await page.goto(`${server.url}/sign-in`);
      await nothingOverflows(page);
      await signIn('ada@example.com');
      await fillThePages(page);
      for (const path of TEAM_PAGES) {
        await open(path);
        await nothingOverflows(page);
      }
      await page.getByRole('button', { name: /^Switch project/ }).click();
      await nothingOverflows(page);
    });
  });
}

test.describe('errors', () => {
  test.use({ expectedErrors: /status of 40[04]/ });

  test('an address that makes no sense is told as such', async ({ page, server }) => {
    for (const [path, status, words] of [
      ['/journeys?status=bogus', 400, '“bogus” is not a valid value for status'],
      ['/journeys?page=zero', 400, '“zero” is not a page'],
      ['/journeys/not-an-id', 400, 'is not a valid journey id'],
      ['/journeys/0190a5c2-7b1e-7c3d-9a4f-5e6d7c8b9a01', 404, 'no such journey'],
      ['/nowhere', 404, 'no such page'],
    ] as const) {
      const answer = await page.goto(server.url + path);
      expect(answer!.status(), path).toBe(status);
      await expect(page.getByRole('alert').filter({ hasText: words })).toBeVisible();
      await alive(page);
      await accessible(page);
    }
  });
});

test.describe('an empty database', () => {
  test.use({ seed: 'empty' });

  test('says what to do first', async ({ page, open }) => {
    await open('/journeys');
    await expect(page.getByText('No journeys yet')).toBeVisible();
    await accessible(page);
    await page.getByRole('link', { name: 'Create your first journey' }).click();
    await expect(page.getByRole('heading', { name: 'New journey' })).toBeVisible();
  });
});

for (const width of [360, 768, 1280, 2560]) {
  test.describe(`${width} pixels wide`, () => {
    test.use({ viewport: { width, height: 800 } });

    test('nothing overflows', async ({ page, open }) => {
      for (const path of [...PAGES, '/journeys?per=100']) {
        await open(path);
        await nothingOverflows(page);
      }
      await open('/journeys?q=Suspicious');
      await tick(page, 'Suspicious payment').check();
      await nothingOverflows(page);
      await menuOf(page, 'Suspicious payment');
      await nothingOverflows(page);
      await page.keyboard.press('Escape');
      await page.getByRole('link', { name: 'Suspicious payment' }).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Suspicious payment');
      await nothingOverflows(page);
      await page.getByRole('link', { name: 'Edit' }).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Edit Suspicious payment');
      await nothingOverflows(page);
    });
  });
}

// The design's goal is 256,000; what keeps the module above it is told in docs/architecture.md.
const LIST_MAX = 345_000;
// Everything of the editor's page: 628,000 of it when this was written, of which the module is 597,000.
// The fields and sentences of what makes typed text and costly work safe brought it to 661,200, and
// what is compiled once instead of for each field took more than that away again. Panels that ask the
// rule for each field of a published version, and say why it cannot be changed, took it to 661,100.
const EDITOR_MAX = 662_000;

/** Bytes that pages of the server send over the network from now on, by address. */
async function listening(page: Page, server: Server): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  const names = new Map<string, string>();
  session.on('Network.responseReceived', (event) => names.set(event.requestId, event.response.url));
  session.on('Network.loadingFinished', (event) => {
    const url = names.get(event.requestId);
    if (url?.startsWith(server.url)) sizes.set(url, (sizes.get(url) ?? 0) + event.encodedDataLength);
  });
  return sizes;
}

const total = (sizes: Map<string, number>) => [...sizes.values()].reduce((sum, size) => sum + size, 0);
const files = (sizes: Map<string, number>) => [...sizes.keys()].filter((url) => url.includes('/pkg/')).map((url) => url.split('/').at(-1)!);

test('a cold visit of the list does not grow, and loads nothing of the editor', async ({ page, open, server }) => {
  const sizes = await listening(page, server);
  await open('/journeys');
  expect(total(sizes)).toBeLessThan(LIST_MAX);
  expect(files(sizes).some((file) => file.startsWith('wayfare') && file.endsWith('.wasm'))).toBe(true);
  expect(files(sizes).filter((file) => file.includes('editor'))).toEqual([]);
});

test('a cold visit of the editor does not grow, and loads nothing of the list', async ({ page, server }) => {
  await page.goto(`${server.url}/journeys/new`);
  await page.getByRole('textbox', { name: 'Name' }).fill('Small');
  await page.getByRole('button', { name: 'Create draft' }).click();
  await expect(page.getByRole('tree', { name: 'Steps' })).toBeVisible();
  const cold = await page.context().browser()!.newContext();
  const visit = await cold.newPage();
  const sizes = await listening(visit, server);
  await visit.goto(page.url());
  await expect(visit.getByRole('treeitem')).toHaveCount(1);
  await visit.waitForLoadState('networkidle');
  expect(total(sizes)).toBeLessThan(EDITOR_MAX);
  expect(files(sizes).some((file) => file.startsWith('editor') && file.endsWith('.wasm'))).toBe(true);
  expect(files(sizes).filter((file) => /^(wayfare|start)[^/]*\.(wasm|js)$/.test(file) && !file.startsWith('start-editor'))).toEqual([]);
  await cold.close();
});
