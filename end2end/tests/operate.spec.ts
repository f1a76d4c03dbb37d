import { alive, bulk, expect, menuOf, row, table, test, tick, toast } from '../support/fixtures.ts';

// The operations of the list, as a marketer does them with scripts.

test.describe('over a restart', () => {
  // The open page loses its stream of changes when the server goes.
  test.use({ expectedErrors: /ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION/ });

  test('ticked journeys are paused together, resumed together, and found so after a restart', async ({ page, open, server }) => {
    await open('/journeys?status=running&per=100');
    const names = ['Abandoned cart', 'Suspicious payment'];
    await expect(bulk(page, 'Pause')).toBeDisabled();
    for (const name of names) await tick(page, name).check();
    await expect(page.getByRole('status').filter({ hasText: '2 selected' })).toBeVisible();
    await expect(bulk(page, 'Resume')).toBeDisabled();
    await bulk(page, 'Pause').click();
    await expect(toast(page).getByText('2 journeys paused.')).toBeVisible();

    await server.kill();
    await server.serve();
    await open('/journeys?status=paused');
    for (const name of names) {
      await expect(row(page, name).getByText('Paused')).toBeVisible();
      await tick(page, name).check();
    }
    await bulk(page, 'Resume').click();
    await expect(toast(page).getByText('2 journeys resumed.')).toBeVisible();
    await expect(row(page, names[0]!)).toHaveCount(0);
  });
});

test('a mixed selection is changed where it can be and told why not elsewhere', async ({ page, open }) => {
  await open('/journeys?sort=name&per=100');
  await tick(page, 'Abandoned cart').check();
  await tick(page, 'Ferry crossings pilot').check();
  await tick(page, 'Abandoned browse').check();
  await bulk(page, 'Pause').click();
  const told = toast(page).getByText(/1 journey paused\. 2 skipped: .*Ferry crossings pilot is a draft/);
  await expect(told).toBeVisible();
  await expect(told).toContainText('Abandoned browse is already paused');
  await page.getByText('Why some were skipped').click();
  await expect(toast(page).getByRole('link', { name: 'Ferry crossings pilot' })).toBeVisible();
});

test('pause can be undone, and undo says when someone was faster', async ({ page, open, request, server }) => {
  await open('/journeys?status=running&sort=name');
  await tick(page, 'Abandoned cart').check();
  await bulk(page, 'Pause').click();
  await toast(page).getByRole('button', { name: 'Undo' }).click();
  await expect(toast(page).getByText('Abandoned cart resumed again.')).toBeVisible();
  await expect(row(page, 'Abandoned cart').getByText('Running')).toBeVisible();

  await tick(page, 'Abandoned cart').check();
  const id = await tick(page, 'Abandoned cart').inputValue();
  await bulk(page, 'Pause').click();
  await expect(toast(page).getByText('Abandoned cart paused.')).toBeVisible();
  const elsewhere = await request.post(`${server.url}/api/ui/journeys/operate`, { form: { action: 'resume', 'ids[0]': id } });
  expect(elsewhere.status()).toBe(200);
  await toast(page).getByRole('button', { name: 'Undo' }).last().click();
  await expect(toast(page).getByText(/Nothing was changed.*was changed by someone else/)).toBeVisible();
});

test('stop asks first, counts what it ends, and is final', async ({ page, open }) => {
  await open('/journeys?status=running,paused&sort=name&per=100');
  await tick(page, 'Abandoned cart').check();
  await tick(page, 'Abandoned browse').check();
  await bulk(page, 'Stop').click();
  const dialog = page.getByRole('alertdialog', { name: 'Stop 2 journeys?' });
  await expect(dialog).toContainText(/2 journeys, [\d,]+ people inside, [\d,]+ queued messages/);
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toBeHidden();
  await expect(row(page, 'Abandoned cart').getByText('Running')).toBeVisible();

  await bulk(page, 'Stop').click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Stop 2 journeys' }).click();
  await expect(toast(page).getByText(/2 journeys stopped\. [\d,]+ enrolments ended, [\d,]+ queued messages cancelled\./)).toBeVisible();
  await expect(toast(page).getByRole('button', { name: 'Undo' })).toHaveCount(0);

  await open('/journeys?status=stopped&sort=name');
  await tick(page, 'Abandoned cart').check();
  for (const name of ['Pause', 'Resume', 'Stop']) await expect(bulk(page, name)).toBeDisabled();
  await expect(bulk(page, 'Archive')).toBeEnabled();
});

test.describe('with many journeys', () => {
  test.use({ seed: 700 });

  test('all that match the filter are chosen and paused, not only the page', async ({ page, open }) => {
    await open('/journeys?status=running');
    await page.getByRole('checkbox', { name: 'Select all journeys on this page' }).check();
    await expect(page.getByRole('status').filter({ hasText: '25 selected' })).toBeVisible();
    const offer = page.getByRole('button', { name: /^Select all [\d,]+ matching$/ });
    const count = (await offer.textContent())!.match(/[\d,]+/)![0];
    await offer.click();
    await expect(page.getByRole('status').filter({ hasText: `${count} selected` })).toBeVisible();
    await bulk(page, 'Pause').click();
    await expect(toast(page).getByText(`${count} journeys paused.`)).toBeVisible();
    await expect(page.getByText('Nothing matches')).toBeVisible();
    await toast(page).getByRole('link', { name: 'Details' }).click();
    await expect(page.getByRole('heading', { name: `${count} journeys paused.` })).toBeVisible();
    await expect(page.getByRole('table', { name: 'Result for each journey' }).getByRole('row')).toHaveCount(101);
  });

  test('pages are walked and their size is chosen', async ({ page, open }) => {
    await open('/journeys');
    const first = await table(page).getByRole('row').nth(1).textContent();
    await page.getByRole('link', { name: 'Next page' }).click();
    await expect(page.getByText(/^26–50 of/)).toBeVisible();
    await expect(table(page).getByRole('row').nth(1)).not.toHaveText(first!);
    await page.getByRole('link', { name: '100 rows per page' }).click();
    await expect(table(page).getByRole('row')).toHaveCount(101);
    await expect(page).toHaveURL(/per=100/);
  });
});

test('a range is ticked with Shift, and the header ticks the page', async ({ page, open }) => {
  await open('/journeys?sort=name');
  const boxes = table(page).getByRole('checkbox', { name: /^Select (?!all)/ });
  await boxes.nth(1).click();
  await boxes.nth(5).click({ modifiers: ['Shift'] });
  await expect(page.getByRole('status').filter({ hasText: '5 selected' })).toBeVisible();
  const header = page.getByRole('checkbox', { name: 'Select all journeys on this page' });
  await expect(header).toHaveJSProperty('indeterminate', true);
  await header.check();
  await expect(page.getByRole('status').filter({ hasText: '25 selected' })).toBeVisible();
});

test('the row menu clones into a draft that opens, with graph and without figures', async ({ page, open }) => {
  await open('/journeys?q=Suspicious');
  await (await menuOf(page, 'Suspicious payment')).getByRole('menuitem', { name: 'Clone' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Edit Clone of Suspicious payment' })).toBeVisible();
  await expect(page).toHaveURL(/\/journeys\/[0-9a-f-]{36}\/edit$/);
  await expect(page.getByRole('tree').getByText('Wait for event').first()).toBeVisible();
  await page.getByRole('link', { name: 'Journeys', exact: true }).first().click();
  const clone = row(page, 'Clone of Suspicious payment');
  await expect(clone.getByText('Draft')).toBeVisible();
  await expect(clone.getByRole('cell').nth(4)).toHaveText('0');
});

test('the row menu renames, and markup comes back as typed', async ({ page, open }) => {
  await open('/journeys?sort=name');
  await (await menuOf(page, 'Abandoned cart')).getByRole('menuitem', { name: 'Rename' }).click();
  const dialog = page.getByRole('dialog', { name: 'Rename Abandoned cart' });
  const name = '<b>"Ünïcode" & \'quotes\'</b> 🎉';
  await dialog.getByRole('textbox', { name: 'Name' }).fill('x'.repeat(201));
  await dialog.getByRole('button', { name: 'Rename' }).click();
  await expect(dialog.getByRole('alert')).toContainText('201 characters; the limit is 200');
  await dialog.getByRole('textbox', { name: 'Name' }).fill(name);
  await dialog.getByRole('button', { name: 'Rename' }).click();
  await expect(page.getByRole('link', { name, exact: true })).toBeVisible();
  await toast(page).getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('link', { name: 'Abandoned cart', exact: true })).toBeVisible();
});

test('archive takes a journey out of the list and unarchive brings it back', async ({ page, open }) => {
  await open('/journeys?status=stopped&sort=name');
  const name = 'Credit card upgrade offer';
  await (await menuOf(page, name)).getByRole('menuitem', { name: 'Archive' }).click();
  await expect(toast(page).getByText(`${name} archived.`)).toBeVisible();
  await expect(row(page, name)).toHaveCount(0);
  await page.getByRole('navigation', { name: 'Quick filters' }).getByRole('link', { name: /^Archived/ }).click();
  await (await menuOf(page, name)).getByRole('menuitem', { name: 'Unarchive' }).click();
  await expect(row(page, name)).toHaveCount(0);
  await open('/journeys?status=stopped');
  await expect(row(page, name)).toBeVisible();
});

test('a running journey is not archived and the answer says why', async ({ page, open }) => {
  await open('/journeys?status=running&sort=name');
  await (await menuOf(page, 'Abandoned cart')).getByRole('menuitem', { name: 'Archive' }).click();
  await expect(toast(page).getByText(/Abandoned cart is running; stop it first/)).toBeVisible();
});

test('only a draft that was never published can be deleted, and that can be undone', async ({ page, open }) => {
  await open('/journeys?sort=name&per=100');
  const running = await menuOf(page, 'Abandoned cart');
  await expect(running.getByRole('menuitem', { name: 'Delete' })).toHaveCount(0);
  await page.keyboard.press('Escape');
  await (await menuOf(page, 'Ferry crossings pilot')).getByRole('menuitem', { name: 'Delete' }).click();
  await expect(row(page, 'Ferry crossings pilot')).toHaveCount(0);
  await toast(page).getByRole('button', { name: 'Undo' }).click();
  await expect(row(page, 'Ferry crossings pilot')).toBeVisible();
});

test('the description is shown', async ({ page, open }) => {
  await open('/journeys?sort=name');
  await (await menuOf(page, 'Abandoned cart')).getByRole('menuitem', { name: 'View description' }).click();
  await expect(page.getByRole('dialog', { name: 'Description of Abandoned cart' })).toContainText('An hour after a cart is abandoned');
});

test('labels are put on and taken off together', async ({ page, open }) => {
  await open('/journeys?sort=name');
  await tick(page, 'Abandoned cart').check();
  await tick(page, 'Abandoned browse').check();
  await bulk(page, 'Label').click();
  const dialog = page.getByRole('dialog', { name: 'Label 2 journeys' });
  await dialog.getByRole('textbox', { name: 'New label' }).fill('Autumn “26”');
  await dialog.getByRole('checkbox', { name: 'Remove Shop' }).check();
  await dialog.getByRole('button', { name: 'Save labels' }).click();
  await expect(toast(page).getByText('2 journeys labelled.')).toBeVisible();
  await expect(row(page, 'Abandoned cart').getByText('Autumn “26”')).toBeVisible();
  await expect(row(page, 'Abandoned cart').getByText('Shop', { exact: true })).toHaveCount(0);
  await toast(page).getByRole('button', { name: 'Undo' }).click();
  await expect(row(page, 'Abandoned cart').getByText('Shop', { exact: true })).toBeVisible();
});

test("another person's change shows up without a reload", async ({ page, open, request, server }) => {
  await open('/journeys?status=running&sort=name');
  const id = await tick(page, 'Abandoned cart').inputValue();
  await page.waitForTimeout(300);
  await request.post(`${server.url}/api/ui/journeys/operate`, { form: { action: 'pause', 'ids[0]': id } });
  await expect(row(page, 'Abandoned cart')).toHaveCount(0);
  server.run('import', new URL('../../docs/examples/abandoned-cart.json', import.meta.url).pathname);
  await open('/journeys');
  await expect(row(page, 'Abandoned cart (example)')).toBeVisible();
});

test('an action on a journey that another person stopped meanwhile says so', async ({ page, open, request, server }) => {
  // A page that has not heard of it yet.
  await page.route('**/api/ui/changes', (route) => route.fulfill({ contentType: 'text/event-stream', body: 'retry: 600000\n\n' }));
  await open('/journeys?sort=name');
  const id = await tick(page, 'Abandoned cart').inputValue();
  const preview = await request.post(`${server.url}/api/ui/journeys/preview-stop`, { form: { 'ids[0]': id } });
  const { digest } = await preview.json();
  await tick(page, 'Abandoned cart').check();
  await request.post(`${server.url}/api/ui/journeys/operate`, { form: { action: 'stop', 'ids[0]': id, confirmed: digest } });
  const elsewhere = await request.post(`${server.url}/api/ui/journeys/operate`, { form: { action: 'pause', 'ids[0]': id } });
  expect(JSON.stringify(await elsewhere.json())).toContain('is_stopped');
  await bulk(page, 'Pause').click();
  await expect(toast(page).getByText(/Abandoned cart is stopped for good/)).toBeVisible();
});

test('everything can be done with the keyboard', async ({ page, open }) => {
  await open('/journeys?q=Suspicious');
  await tick(page, 'Suspicious payment').focus();
  await page.keyboard.press('Space');
  await bulk(page, 'Pause').focus();
  await page.keyboard.press('Enter');
  await expect(toast(page).getByText('Suspicious payment paused.')).toBeVisible();
  await page.getByRole('button', { name: 'More actions for Suspicious payment' }).focus();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('menuitem', { name: 'Clone' })).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('menuitem', { name: 'Edit' })).toBeFocused();
  await page.keyboard.press('End');
  await expect(page.getByRole('menuitem', { name: 'View description' })).toBeFocused();
  await page.keyboard.press('r');
  await expect(page.getByRole('menuitem', { name: 'Rename' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'More actions for Suspicious payment' })).toBeFocused();
});

test('a journey is published from its page, with its history told', async ({ page, open }) => {
  await open('/journeys?q=Student');
  await page.getByRole('link', { name: 'Student account graduation' }).click();
  await alive(page);
  await page.getByRole('button', { name: 'Publish' }).click();
  await page.getByRole('button', { name: 'Publish version 1' }).click();
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByRole('alertdialog', { name: 'Stop 1 journey?' }).getByRole('button', { name: 'Stop 1 journey' }).click();
  await expect(page.getByText('stopped: Running → Stopped')).toBeVisible();
  await expect(page.getByText('published: Draft → Running')).toBeVisible();
});

test('a draft that has problems says what to solve before it is published', async ({ page, open }) => {
  await open('/journeys/new');
  await page.getByRole('textbox', { name: 'Name' }).fill('Brand new');
  await page.getByRole('button', { name: 'Create draft' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Edit Brand new' })).toBeVisible();
  await page.getByRole('link', { name: 'Cancel' }).click();
  await expect(page.getByText('Add at least one step after the entry.')).toBeVisible();
});
