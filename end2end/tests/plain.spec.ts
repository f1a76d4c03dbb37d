import { alive, bulk, expect, row, table, test, tick } from '../support/fixtures.ts';

// Without scripts, and before they have run: links are links, forms are forms.

test.describe('with scripts switched off', () => {
  test.use({ javaScriptEnabled: false });

  test('ticked journeys are paused, the outcome is told, and undo works', async ({ page, server }) => {
    await page.goto(`${server.url}/journeys?status=running&sort=name`);
    await tick(page, 'Abandoned cart').check();
    await tick(page, 'Back in stock').check();
    await bulk(page, 'Pause').click();
    await expect(page).toHaveURL(/status=running.*done=/);
    await expect(page.getByRole('status').getByText('2 journeys paused.')).toBeVisible();
    await expect(row(page, 'Abandoned cart')).toHaveCount(0);
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect(page.getByRole('status').getByText('2 journeys resumed again.')).toBeVisible();
    await expect(row(page, 'Abandoned cart')).toBeVisible();
  });

  test('stop asks on a page of its own and then stops', async ({ page, server }) => {
    await page.goto(`${server.url}/journeys?status=running&sort=name`);
    await tick(page, 'Abandoned cart').check();
    await bulk(page, 'Stop').click();
    await expect(page.getByRole('alertdialog', { name: 'Stop 1 journey?' })).toContainText('people inside');
    await page.getByRole('button', { name: 'Stop 1 journey' }).click();
    await expect(page.getByText(/Abandoned cart stopped\./)).toBeVisible();
  });

  test('all that match are archived from the form', async ({ page, server }) => {
    await page.goto(`${server.url}/journeys?status=stopped`);
    await page.getByRole('checkbox', { name: /^All \d+ matching journeys$/ }).check();
    await bulk(page, 'Archive').click();
    await expect(page.getByRole('status').getByText(/4 journeys archived\./)).toBeVisible();
  });

  test('labels are given on a page of their own', async ({ page, server }) => {
    await page.goto(`${server.url}/journeys?q=Suspicious`);
    await tick(page, 'Suspicious payment').check();
    await bulk(page, 'Label').click();
    await page.getByRole('textbox', { name: 'New label' }).fill('By hand');
    await page.getByRole('button', { name: 'Save labels' }).click();
    await expect(row(page, 'Suspicious payment').getByText('By hand')).toBeVisible();
  });

  test('the row menu opens, clones and archives', async ({ page, server }) => {
    await page.goto(`${server.url}/journeys?status=stopped&sort=name`);
    const name = 'Credit card upgrade offer';
    await page.getByRole('button', { name: `More actions for ${name}` }).click();
    await page.getByRole('menuitem', { name: 'Archive' }).click();
    await expect(page.getByRole('status').getByText(`${name} archived.`)).toBeVisible();
    await page.goto(`${server.url}/journeys?q=Suspicious`);
    await page.getByRole('button', { name: 'More actions for Suspicious payment' }).click();
    await page.getByRole('menuitem', { name: 'Clone' }).click();
    await expect(page.getByRole('heading', { name: 'Edit Clone of Suspicious payment' })).toBeVisible();
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Renamed by hand');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByRole('heading', { name: 'Renamed by hand' })).toBeVisible();
  });

  test('search, filters, sorting, columns and saved filters are forms and links', async ({ page, server }) => {
    await page.goto(`${server.url}/journeys`);
    await page.getByRole('searchbox').fill('cart');
    await page.getByRole('searchbox').press('Enter');
    await expect(table(page).getByRole('row')).toHaveCount(3);
    await page.getByRole('button', { name: 'Filters' }).click();
    await page.getByRole('checkbox', { name: 'Running' }).check();
    await page.getByRole('textbox', { name: 'Name for these filters' }).fill('Carts');
    await page.getByRole('button', { name: 'Save filter' }).click();
    await expect(page).toHaveURL(/q=cart&status=running/);
    await expect(page.getByRole('link', { name: 'Carts' })).toBeVisible();
    await page.getByRole('columnheader', { name: 'Name' }).getByRole('link').click();
    await expect(page.getByRole('columnheader', { name: 'Name' })).toHaveAttribute('aria-sort', 'ascending');
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('checkbox', { name: 'Rate' }).uncheck();
    await page.getByRole('button', { name: 'Show' }).click();
    await expect(page.getByRole('columnheader', { name: 'Rate' })).toHaveCount(0);
  });

  test.describe('refused', () => {
    test.use({ expectedErrors: /status of 400/ });

    test('nothing ticked is told with what to do, and nothing is changed', async ({ page, server }) => {
      await page.goto(`${server.url}/journeys`);
      await bulk(page, 'Pause').click();
      await expect(page.getByRole('alert')).toContainText('Select at least one journey first.');
      await page.getByRole('link', { name: 'Go back' }).click();
      await expect(page.getByRole('heading', { name: 'Journeys' })).toBeVisible();
    });
  });

  test('a journey is made', async ({ page, server }) => {
    await page.goto(`${server.url}/journeys/new`);
    await page.getByRole('textbox', { name: 'Name' }).fill('By hand');
    await page.getByRole('button', { name: 'Create draft' }).click();
    await expect(page.getByRole('heading', { name: 'Edit By hand' })).toBeVisible();
  });
});

test('ticks made before the page came alive survive it', async ({ page, server }) => {
  let letGo = () => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  await page.route('**/pkg/start*.js', async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(`${server.url}/journeys?status=running&sort=name`, { waitUntil: 'commit' });
  await tick(page, 'Abandoned cart').check();
  await tick(page, 'Back in stock').check();
  letGo();
  await alive(page);
  await expect(page.getByRole('status').filter({ hasText: '2 selected' })).toBeVisible();
  await expect(tick(page, 'Abandoned cart')).toBeChecked();
  await expect(bulk(page, 'Resume')).toBeDisabled();
  await bulk(page, 'Pause').click();
  await expect(page.getByRole('status').getByText('2 journeys paused.')).toBeVisible();
});

test('a button pressed before the page came alive does its work', async ({ page, server }) => {
  await page.route('**/pkg/start*.js', () => {});
  await page.goto(`${server.url}/journeys?status=running&sort=name`, { waitUntil: 'commit' });
  await tick(page, 'Abandoned cart').check();
  await bulk(page, 'Pause').click();
  await expect(page.getByRole('status').getByText('Abandoned cart paused.')).toBeVisible();
});
