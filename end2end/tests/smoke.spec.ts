// The released bundle loads and takes over: what no other test would tell apart from its own failure.
import { blockScripts, expect, holdScripts, test } from '../support/fixtures.ts';

test.use({ seed: 'demo' });

test('the list of journeys is served and comes alive', async ({ goto, page }) => {
  const response = await goto('/journeys');
  expect(response?.status()).toBe(200);
  await expect(page).toHaveTitle(/Journeys/);
  await expect(page.getByRole('heading', { name: 'Journeys', level: 1 })).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('data-hydrated', 'true');
});

test('the list is there before the scripts are', async ({ page }) => {
  const release = await holdScripts(page);
  await page.goto('/journeys', { waitUntil: 'commit' });
  await expect(page.getByRole('heading', { name: 'Journeys', level: 1 })).toBeVisible();
  await expect(page.locator('html')).not.toHaveAttribute('data-hydrated', 'true');
  await release();
});

test('the list is there when the scripts never come', async ({ page, errors }) => {
  await blockScripts(page, errors);
  await page.goto('/journeys');
  await expect(page.getByRole('heading', { name: 'Journeys', level: 1 })).toBeVisible();
});

test('the list is there without scripts', async ({ scriptlessPage }) => {
  await scriptlessPage.goto('/journeys');
  await expect(scriptlessPage.getByRole('heading', { name: 'Journeys', level: 1 })).toBeVisible();
});

test('a restarted server is the same one', async ({ goto, page, server, errors }) => {
  // The stream of changes breaks with the server, and the browser says so.
  errors.expect(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET/);
  const { url } = server;
  await server.kill9();
  await server.restart();
  expect(server.url).toBe(url);
  await goto('/journeys');
  await expect(page.getByRole('heading', { name: 'Journeys', level: 1 })).toBeVisible();
  expect((await server.wayfare('check')).code).toBe(0);
});
