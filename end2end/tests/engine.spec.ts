import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { bulk, expect, row, test, tick } from '../support/fixtures.ts';

// Something real runs behind the buttons: people come in over HTTP and the list shows it while one looks.

test.use({ seed: join(import.meta.dirname, '../../docs/examples/welcome.json') });

const journey = 'Welcome (example)';

/** A key, as the page shows it once. */
async function newKey(page: Page): Promise<string> {
  const answer = await page.request.post('/api/ui/keys/create', {
    form: { name: 'Shop', 'scopes[0]': 'ingest' },
    headers: { accept: 'application/json' },
  });
  return (await answer.json()) as string;
}

async function signUp(page: Page, key: string, ...people: string[]): Promise<void> {
  const batch = people.flatMap((userId) => [
    { type: 'identify', userId, traits: { email: `${userId}@example.com`, name: userId } },
    { type: 'track', userId, event: 'Signed Up' },
  ]);
  const basic = Buffer.from(`${key}:`).toString('base64');
  const answer = await page.request.post('/v1/batch', { data: { batch }, headers: { authorization: `Basic ${basic}` } });
  expect(answer.status()).toBe(200);
}

const figure = (page: Page, name: string) => row(page, journey).getByRole('cell').filter({ hasText: name });

test('people come in, a pause keeps them out, a resume forgets, a stop ends it', async ({ page }) => {
  await page.goto('/journeys');
  const key = await newKey(page);
  await row(page, journey).getByRole('link', { name: journey }).click();
  await page.getByRole('button', { name: 'Publish' }).click();
  await expect(page.getByText('Running', { exact: true }).first()).toBeVisible();

  await page.goto('/journeys');
  await signUp(page, key, 'ada', 'bilal', 'chiara');
  // Nobody reloads: the figures come by themselves.
  await expect(figure(page, /^3$/).first()).toBeVisible();

  await tick(page, journey).check();
  await bulk(page, 'Pause').click();
  await expect(page.getByText(`${journey} paused.`)).toBeVisible();
  await signUp(page, key, 'dong-hyun', 'elodie');
  await bulk(page, 'Resume').click();
  await expect(page.getByText(`${journey} resumed.`)).toBeVisible();
  await signUp(page, key, 'femi');
  await expect(figure(page, /^4$/).first()).toBeVisible();

  await bulk(page, 'Stop').click();
  const question = page.getByRole('alertdialog');
  await expect(question).toContainText('4 people inside');
  await question.getByRole('button', { name: /^Stop/ }).click();
  await expect(row(page, journey)).toContainText('Stopped');
  await signUp(page, key, 'greta');

  await page.goto('/profiles?search=greta');
  await page.getByRole('link', { name: 'greta' }).click();
  await expect(page.getByText('She has not been in any.')).toBeVisible();
  await page.goto('/profiles?search=ada');
  await page.getByRole('link', { name: 'ada' }).click();
  await page.getByRole('link', { name: journey }).click();
  await expect(page.getByText('E-mail: sends the message')).toBeVisible();
  await expect(page.getByText(/Delay: waits/)).toBeVisible();
});
