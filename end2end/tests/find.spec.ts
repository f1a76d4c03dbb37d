import { expect, menuOf, row, table, test, toast } from '../support/fixtures.ts';

// Search, filters, saved filters, sorting and columns.

test('search finds names and ids as one types, and keeps the address', async ({ page, open }) => {
  await open('/journeys');
  const box = page.getByRole('searchbox', { name: 'Search journeys' });
  await box.fill('CART');
  await expect(table(page).getByRole('row')).toHaveCount(3);
  await expect(page).toHaveURL(/q=CART/);
  await expect(box).toBeFocused();
  const id = (await row(page, 'Abandoned cart').locator('.journey-id').textContent())!.trim();
  await box.fill(id);
  await expect(table(page).getByRole('row')).toHaveCount(2);
  await expect(row(page, 'Abandoned cart')).toBeVisible();
  await box.fill('no such journey');
  await expect(page.getByText('Nothing matches')).toBeVisible();
  await page.getByRole('link', { name: 'Reset filters' }).click();
  await expect(table(page).getByRole('row')).toHaveCount(26);
  await expect(box).toHaveValue('');
});

test('names with markup, quotes and percent signs are found as typed', async ({ page, open }) => {
  await open('/journeys?archived=0');
  await page.getByRole('searchbox', { name: 'Search journeys' }).fill('<50% & up>');
  await expect(page.getByRole('link', { name: 'Sale <50% & up> 🎉' })).toBeVisible();
  await page.getByRole('searchbox', { name: 'Search journeys' }).fill('“bon RETOUR”');
  await expect(page.getByRole('link', { name: /Élodie/ })).toBeVisible();
});

test('the filter dialog narrows by status, entry type, person, label and date', async ({ page, open }) => {
  await open('/journeys');
  await page.getByRole('button', { name: 'Filters' }).click();
  const dialog = page.getByRole('dialog', { name: 'Filter journeys' });
  await dialog.getByRole('checkbox', { name: 'Running' }).check();
  await dialog.getByRole('checkbox', { name: 'Live event' }).check();
  await dialog.getByRole('checkbox', { name: 'Shop' }).check();
  await dialog.getByRole('button', { name: 'Apply' }).click();
  await expect(dialog).toBeHidden();
  await expect(page).toHaveURL(/status=running&entry=event&label=/);
  await expect(table(page).locator('.badge').filter({ hasNotText: 'Running' })).toHaveCount(0);
  await expect(row(page, 'Abandoned cart')).toBeVisible();

  await page.getByRole('button', { name: 'Filters' }).click();
  await expect(dialog.getByRole('checkbox', { name: 'Running' })).toBeChecked();
  await dialog.getByLabel('From', { exact: true }).fill('2020-01-01');
  await dialog.getByLabel('To', { exact: true }).fill('2020-01-02');
  await dialog.getByRole('button', { name: 'Apply' }).click();
  await expect(page.getByText('Nothing matches')).toBeVisible();
  await page.getByRole('button', { name: 'Filters' }).click();
  await dialog.getByRole('button', { name: 'Reset' }).click();
  await expect(table(page).getByRole('row')).toHaveCount(26);
});

test('a filter is saved, applied with one click, and deleted', async ({ page, open }) => {
  await open('/journeys');
  await page.getByRole('button', { name: 'Filters' }).click();
  const dialog = page.getByRole('dialog', { name: 'Filter journeys' });
  await dialog.getByRole('checkbox', { name: 'Paused' }).check();
  await dialog.getByRole('textbox', { name: 'Name for these filters' }).fill('On hold');
  await dialog.getByRole('button', { name: 'Save filter' }).click();
  await expect(toast(page).getByText('Filter “On hold” saved.')).toBeVisible();
  await open('/journeys');
  await page.getByRole('link', { name: 'On hold' }).click();
  await expect(page).toHaveURL(/status=paused/);
  await expect(page.getByRole('link', { name: 'On hold' })).toHaveAttribute('aria-current', 'true');
  await page.getByRole('button', { name: 'Delete the saved filter On hold' }).click();
  await expect(page.getByRole('link', { name: 'On hold' })).toHaveCount(0);
});

test('quick filters show how many there are and are one click away', async ({ page, open }) => {
  await open('/journeys');
  const quick = page.getByRole('navigation', { name: 'Quick filters' });
  const paused = quick.getByRole('link', { name: /^Paused/ });
  const count = Number((await paused.textContent())!.match(/\d+/)![0]);
  await paused.click();
  await expect(paused).toHaveAttribute('aria-current', 'true');
  await expect(table(page).getByRole('row')).toHaveCount(count + 1);
});

test('headers sort both ways and say so', async ({ page, open }) => {
  await open('/journeys');
  const header = table(page).getByRole('columnheader', { name: 'Entered' });
  await expect(header).toHaveAttribute('aria-sort', 'none');
  await header.getByRole('link').click();
  await expect(header).toHaveAttribute('aria-sort', 'descending');
  const largest = await row(page, 'Welcome to the app').count();
  expect(largest).toBe(1);
  await header.getByRole('link').click();
  await expect(header).toHaveAttribute('aria-sort', 'ascending');
  await page.goBack();
  await expect(header).toHaveAttribute('aria-sort', 'descending');
});

test('every column can be sorted by, up and down', async ({ page, server }) => {
  for (const key of ['name', 'status', 'entry', 'start', 'entered', 'inside', 'goals', 'rate', 'versions', 'created', 'published']) {
    for (const sort of [key, `-${key}`]) {
      const answer = await page.request.get(`${server.url}/journeys?sort=${sort}`);
      expect(answer.status(), sort).toBe(200);
    }
  }
});

test('columns are chosen and stay chosen', async ({ page, open }) => {
  await open('/journeys');
  await expect(table(page).getByRole('columnheader', { name: 'Rate' })).toBeVisible();
  await page.getByRole('button', { name: 'Columns' }).click();
  const panel = page.getByRole('dialog', { name: 'Choose columns' });
  await panel.getByRole('checkbox', { name: 'Rate' }).uncheck();
  await panel.getByRole('button', { name: 'Show' }).click();
  await expect(table(page).getByRole('columnheader', { name: 'Rate' })).toHaveCount(0);
  await page.reload();
  await expect(table(page).getByRole('columnheader', { name: 'Status' })).toBeVisible();
  await expect(table(page).getByRole('columnheader', { name: 'Rate' })).toHaveCount(0);
});

test.describe('two people', () => {
  test.use({ expectedErrors: /status of 409/ });

test('edit changes name, description and labels, and refuses an outdated form', async ({ page, open, context, server }) => {
  await open('/journeys?sort=name');
  await (await menuOf(page, 'Abandoned cart')).getByRole('menuitem', { name: 'Edit' }).click();
  await expect(page.getByRole('heading', { name: 'Edit Abandoned cart' })).toBeVisible();
  const address = page.url();
  const other = await context.newPage();
  await other.goto(address);
  await other.waitForSelector('html[data-hydrated="true"]');

  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Abandoned cart 2');
  await page.getByRole('textbox', { name: 'Description' }).fill('New\nlines');
  await page.getByRole('textbox', { name: 'New label' }).fill('Fresh');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { name: 'Abandoned cart 2' })).toBeVisible();
  await expect(page.getByText('Fresh', { exact: true })).toBeVisible();

  await other.getByRole('textbox', { name: 'Name', exact: true }).fill('Too late');
  const answer = other.waitForResponse('**/journeys/edit');
  await other.getByRole('button', { name: 'Save' }).click();
  expect((await answer).status()).toBe(409);
  await expect(other.getByRole('alert').filter({ hasText: 'changed by someone else since you opened it' })).toBeVisible();
  expect((await page.request.get(`${server.url}/journeys?q=Too+late`)).status()).toBe(200);
});
});
