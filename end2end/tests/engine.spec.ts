import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { bulk, expect, row, test, tick } from '../support/fixtures.ts';
import { newKey, signUp } from '../support/programs.ts';

// Something real runs behind the buttons: people come in over HTTP and the list shows it while one looks.

test.use({ seed: join(import.meta.dirname, '../../docs/examples/welcome.json') });

const journey = 'Welcome (example)';

const figure = (page: Page, name: string) => row(page, journey).getByRole('cell').filter({ hasText: name });

test('people come in, a pause keeps them out, a resume forgets, a stop ends it', async ({ open, page, server }) => {
  await open('/journeys');
  const key = await newKey(server);
  await row(page, journey).getByRole('link', { name: journey }).click();
  await page.getByRole('button', { name: 'Publish' }).click();
  await page.getByRole('button', { name: 'Publish version 1' }).click();
  await expect(page.getByText('Running', { exact: true }).first()).toBeVisible();

  await open('/journeys');
  await signUp(server, key, 'ada', 'bilal', 'chiara');
  // Without a reload: the stats update by themselves.
  await expect(figure(page, /^3$/).first()).toBeVisible();

  await tick(page, journey).check();
  await bulk(page, 'Pause').click();
  await expect(page.getByText(`${journey} paused.`)).toBeVisible();
  await signUp(server, key, 'dong-hyun', 'elodie');
  await tick(page, journey).check();
  await bulk(page, 'Resume').click();
  await expect(page.getByText(`${journey} resumed.`)).toBeVisible();
  await signUp(server, key, 'femi');
  await expect(figure(page, /^4$/).first()).toBeVisible();

  await tick(page, journey).check();
  await bulk(page, 'Stop').click();
  const question = page.getByRole('alertdialog');
  await expect(question).toContainText('4 people inside');
  await question.getByRole('button', { name: /^Stop/ }).click();
  await expect(row(page, journey)).toContainText('Stopped');
  await signUp(server, key, 'greta');

  await open('/profiles?search=greta');
  await page.getByRole('link', { name: 'greta' }).click();
  await expect(page.getByText('This person hasn’t entered a journey yet.')).toBeVisible();
  await open('/profiles?search=ada');
  await page.getByRole('link', { name: 'ada' }).click();
  await page.getByRole('list', { name: 'Enrolments' }).getByRole('link', { name: journey }).click();
  await expect(page.getByText('Email: sends the message')).toBeVisible();
  await expect(page.getByText(/Delay: waits/)).toBeVisible();
});
