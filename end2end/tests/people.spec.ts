import { join } from 'node:path';
import { expect, accessible, test } from '../support/fixtures.ts';
import { newKey, signUp } from '../support/programs.ts';

test.use({ seed: join(import.meta.dirname, '../../docs/examples/welcome.json') });

const table = 'identity,email,plan,age:number\nada,ada@example.com,gold,36\nbilal,bilal@example.com,free,old\nchiara,chiara@example.com,gold,29\n';

test('a file of people is imported, its refused row named, and the others found by conditions', async ({ page, server }) => {
  await page.goto(`${server.url}/profiles`);
  await page.getByRole('link', { name: 'Import a file' }).first().click();
  await page.getByLabel('File (.csv or .jsonl)').setInputFiles({ name: 'guests.csv', mimeType: 'text/csv', buffer: Buffer.from(table) });
  await page.getByLabel('Add everyone to a list').fill('Spring fair');
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  // Without a reload: the page follows the import.
  await expect(page.getByText('Done: 2 rows imported, 1 rejected.')).toBeVisible();
  await expect(page.getByRole('row', { name: /3 age “old” is not a number/ })).toBeVisible();
  await accessible(page);

  await page.goto(`${server.url}/profiles`);
  await page.getByRole('link', { name: 'Find by conditions' }).click();
  const condition = page.getByRole('group', { name: 'Condition 1' });
  await expect(condition.getByLabel('At least (times)')).toBeHidden();
  await condition.getByLabel('Name').fill('plan');
  await condition.getByLabel('Value').fill('gold');
  // The count follows what is typed.
  await expect(page.getByText('2 profiles right now')).toBeVisible();
  await page.getByRole('button', { name: 'Add condition' }).click();
  await expect(page.getByRole('group', { name: 'Condition 2' })).toBeVisible();
  await page.getByRole('button', { name: 'Show profiles' }).click();
  await expect(page.getByRole('rowheader')).toHaveText(['chiara', 'ada']);
  await page.getByRole('link', { name: 'Edit conditions' }).click();
  await expect(page.getByRole('group', { name: 'Condition 1' }).getByLabel('Value')).toHaveValue('gold');
});

test("a journey's own page follows what happens, and says why a person is not in it", async ({ page, server }) => {
  const key = await newKey(server);
  await page.goto(`${server.url}/journeys`);
  await page.getByRole('link', { name: 'Welcome (example)' }).click();
  await page.getByRole('button', { name: 'Publish' }).click();
  await page.getByRole('button', { name: 'Publish version 1' }).click();
  await expect(page.getByText('Running', { exact: true }).first()).toBeVisible();
  const entered = page.locator('.tile').filter({ hasText: /^Entered/ });
  await expect(entered).toHaveText('Entered0');
  await signUp(server, key, 'ada', 'bilal');
  await expect(entered).toHaveText('Entered2');
  await expect(page.getByRole('table', { name: 'Stats by step' })).toBeVisible();

  // Once is once: a second entry is refused, and the profile says why.
  await signUp(server, key, 'ada');
  await page.goto(`${server.url}/profiles?search=ada`);
  await page.getByRole('link', { name: 'ada' }).click();
  await page.getByRole('combobox', { name: 'Journey' }).selectOption('Welcome (example)');
  await page.getByRole('button', { name: 'Show reasons' }).click();
  await expect(page.locator('.reasons')).toContainText(/inside/i);
});
