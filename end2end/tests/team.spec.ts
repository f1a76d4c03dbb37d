import { alive, bulk, complaint, expect, PASSWORD, row, signInOn, test, tick } from '../support/fixtures.ts';

// A team comes together: the first account, invitations, projects, keys, devices, the audit log.

const ADA = 'ada@example.com';

test('the first account is made from local mode, and closes it', async ({ page, server, open, browser }) => {
  await open('/journeys');
  await page.getByRole('link', { name: /Local mode/ }).click();
  await page.getByLabel('Your name').fill('Ada Lovelace');
  await page.getByLabel('Email address').fill(ADA);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page).toHaveURL(`${server.url}/journeys`);
  await expect(page.getByRole('button', { name: 'Ada Lovelace Admin' })).toBeVisible();
  await expect(page.getByText(/Local mode/)).toHaveCount(0);

  const other = await browser.newPage();
  await other.goto(`${server.url}/api-keys`);
  await expect(other).toHaveURL(`${server.url}/sign-in?next=%2Fapi%2Dkeys`);
  await other.getByLabel('Email address').fill(ADA);
  await other.getByLabel('Password').fill('not the password at all');
  await other.getByRole('button', { name: 'Sign in' }).click();
  await expect(complaint(other, 'is wrong')).toBeVisible();
  await expect(other.getByLabel('Email address')).toHaveValue(ADA);
  await other.getByLabel('Password').fill(PASSWORD);
  await other.getByRole('button', { name: 'Sign in' }).click();
  await expect(other).toHaveURL(`${server.url}/api-keys`);
  await other.close();
});

test.describe('with an admin', () => {
  test.use({ accounts: { [ADA]: 'admin' } });

  // Browsers drop tabs from addresses: what looks like a path of ours would be another host.
  for (const next of ['/%09/evil.example', '/%0A/evil.example', '%2F%2Fevil.example', '/%5Cevil.example']) {
    test(`a sign-in with the target ${next} stays here`, async ({ page, server }) => {
      const asked: string[] = [];
      page.on('request', (request) => asked.push(new URL(request.url()).host));
      await page.goto(`${server.url}/sign-in?next=${next}`);
      await page.getByLabel('Email address').fill(ADA);
      await page.getByLabel('Password').fill(PASSWORD);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await expect(page).toHaveURL(`${server.url}/journeys`);
      expect(new Set(asked)).toEqual(new Set([new URL(server.url).host]));
    });
  }

  test('an invited user joins with the role, and loses it while looking', async ({ page, server, signIn, browser }) => {
    await signIn(ADA, '/team');
    await page.getByLabel('Email address').fill('bob@example.com');
    await page.getByRole('combobox', { name: 'Role', exact: true }).selectOption('publisher');
    await page.getByRole('button', { name: 'Create invitation' }).click();
    const link = await page.getByRole('textbox', { name: 'Invitation' }).inputValue();
    await page.getByRole('link', { name: 'Done' }).click();
    await expect(page.getByRole('list', { name: 'Open invitations' })).toContainText('bob@example.com');

    const bob = await browser.newPage();
    await bob.goto(link);
    await expect(bob.getByText('as Publisher')).toBeVisible();
    await bob.getByLabel('Your name').fill('Bob');
    await bob.getByLabel('Password').fill(PASSWORD);
    await bob.getByRole('button', { name: 'Create account and join' }).click();
    await expect(bob.getByRole('button', { name: 'Bob Publisher' })).toBeVisible();
    await alive(bob);
    await tick(bob, 'Rail passes: first ideas').check();
    await expect(bulk(bob, 'Label')).toBeEnabled();

    // The list notices by itself at the next change.
    await page.goto(`${server.url}/team`);
    await page.getByRole('combobox', { name: 'Role of Bob' }).selectOption('viewer');
    await page.getByRole('button', { name: 'Save role of Bob' }).click();
    const question = page.getByRole('alertdialog', { name: 'Make Bob a Viewer?' });
    await expect(question).toContainText('bob@example.com');
    await expect(question).toContainText('Current role: Publisher');
    await question.getByRole('button', { name: 'Make Bob a Viewer' }).click();
    await expect(page.getByText('Saved.')).toBeVisible();
    await page.goto(`${server.url}/journeys?q=Suspicious`);
    await alive(page);
    await tick(page, 'Suspicious payment').check();
    await bulk(page, 'Pause').click();
    await expect(bob.getByRole('button', { name: 'Bob Viewer' })).toBeVisible();
    await expect(bob.getByText('You are a Viewer')).toBeVisible();

    await page.goto(`${server.url}/team`);
    await page.getByRole('button', { name: 'Remove Bob' }).click();
    await page.getByRole('alertdialog', { name: 'Remove Bob from the project?' }).getByRole('button', { name: 'Remove Bob' }).click();
    await expect(page.getByRole('list', { name: 'Members' })).not.toContainText('Bob');
    await bob.reload();
    await expect(complaint(bob, 'You have no role in any project yet')).toBeVisible();
    await bob.close();
  });

  test('a project is made, renamed, switched to, cloned into and archived', async ({ page, server, signIn }) => {
    await signIn(ADA, '/projects');
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Shop');
    await page.getByRole('button', { name: 'Create project' }).click();
    await expect(page.getByRole('button', { name: 'Switch project: Shop' })).toBeVisible();
    await page.getByRole('link', { name: 'Journeys' }).click();
    await expect(page.getByText('No journeys yet')).toBeVisible();

    await page.getByRole('button', { name: 'Switch project: Shop' }).click();
    await page.getByRole('group', { name: 'Projects' }).getByRole('button', { name: 'My project' }).click();
    await expect(page.getByRole('button', { name: 'Switch project: My project' })).toBeVisible();
    await alive(page);
    await expect(row(page, 'Rail passes: first ideas')).toBeVisible();

    await page.getByRole('button', { name: 'More actions for Rail passes: first ideas' }).click();
    await page.getByRole('menuitem', { name: 'Clone' }).click();
    await expect(page.getByText('settings for email')).toBeVisible();
    await page.getByRole('radio', { name: 'Shop' }).check();
    await page.getByRole('main').getByRole('button', { name: 'Clone' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^Edit .*Rail passes/);
    await expect(page.getByRole('button', { name: 'Switch project: Shop' })).toBeVisible();
    await expect(page.getByRole('region', { name: 'Missing in this project' })).toContainText('settings for email');

    await page.goto(`${server.url}/projects`);
    const shop = page.getByRole('list', { name: 'Projects' }).getByRole('listitem').filter({ hasText: 'Shop' });
    await shop.locator('summary').click();
    await shop.getByRole('textbox').fill('Online shop');
    await shop.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByText('Saved.')).toBeVisible();
    await page.getByRole('button', { name: 'Archive Online shop' }).click();
    await expect(page.getByText('Project archived.')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Switch project: My project' })).toBeVisible();
    await page.getByRole('button', { name: 'Unarchive Online shop' }).click();
    await expect(page.getByText('Project unarchived.')).toBeVisible();
  });

  test('a list that shows one project loads anew when another is chosen in another tab', async ({ page, server, signIn, context }) => {
    await signIn(ADA, '/projects');
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Shop');
    await page.getByRole('button', { name: 'Create project' }).click();
    await page.goto(`${server.url}/projects`);
    await page.getByRole('button', { name: 'Open My project' }).click();
    await expect(page.getByRole('button', { name: 'Switch project: My project' })).toBeVisible();
    await page.goto(`${server.url}/journeys?status=running`);
    await alive(page);
    const tab = await context.newPage();
    await tab.goto(`${server.url}/projects`);
    await tab.getByRole('button', { name: 'Open Shop' }).click();
    await expect(tab.getByRole('button', { name: 'Switch project: Shop' })).toBeVisible();
    await page.getByRole('link', { name: /^All \d+/ }).click();
    await expect(page.getByRole('button', { name: 'Switch project: Shop' })).toBeVisible();
    await expect(page.getByText('No journeys yet')).toBeVisible();
    await tab.close();
  });

  test('an API key is shown once, works, and is revoked', async ({ page, server, signIn, request }) => {
    await signIn(ADA, '/api-keys');
    await page.getByRole('textbox', { name: 'Name' }).fill('Shop backend');
    await page.getByRole('checkbox', { name: /^read/ }).check();
    await page.getByRole('button', { name: 'Create key' }).click();
    const key = await page.getByRole('textbox', { name: 'API key' }).inputValue();
    const ask = async () => (await request.get(`${server.url}/api/v1/journeys`, { headers: { authorization: `Bearer ${key}` } })).status();
    expect(await ask()).toBe(200);
    await page.getByRole('link', { name: 'Done' }).click();
    await expect(page.getByRole('list', { name: 'API keys' })).toContainText('last used');
    expect(await page.content()).not.toContain(key);
    await page.getByRole('button', { name: 'Revoke Shop backend' }).click();
    await expect(page.getByRole('list', { name: 'API keys' })).toContainText('revoked');
    expect(await ask()).toBe(401);
  });

  test('the audit log tells a bulk action with its filter, leads to its rows, and is downloaded', async ({ page, server, signIn }) => {
    await signIn(ADA, '/journeys?status=running');
    await page.getByRole('checkbox', { name: 'Select all journeys on this page' }).check();
    await page.getByRole('button', { name: /^Select all \d+ matching$/ }).click();
    await bulk(page, 'Pause').click();
    await expect(page.getByText('28 journeys paused.')).toBeVisible();
    await page.getByRole('link', { name: 'Audit log' }).click();
    await page.getByRole('combobox', { name: 'What' }).selectOption('journeys.pause');
    await page.getByRole('button', { name: 'Apply' }).click();
    await expect(page.getByText('1 entry')).toBeVisible();
    const entry = page.getByRole('table', { name: 'Audit log' }).getByRole('row').nth(1);
    await expect(entry).toContainText('28 of 28');
    await expect(entry).toContainText('status=running');
    await expect(entry).toContainText('Chrome on Linux');
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download as CSV' }).click()]);
    expect(download.suggestedFilename()).toBe('wayfare-audit.csv');
    await entry.getByRole('link', { name: 'View result' }).click();
    await expect(page.getByRole('table', { name: 'Result for each journey' }).getByRole('row')).toHaveCount(29);
    expect(page.url()).toContain(`${server.url}/operations/`);
  });

  test('devices are listed, ended one by one and all at once', async ({ page, server, signIn, browser }) => {
    const phone = await browser.newPage({ userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1' });
    await signInOn(phone, server, ADA);
    await signIn(ADA, '/account');
    const devices = page.getByRole('list', { name: 'Devices' });
    await expect(devices.getByRole('listitem')).toHaveCount(2);
    await expect(devices).toContainText('This device');
    await devices.getByRole('button', { name: /Safari on (iPhone|iOS)/ }).click();
    await expect(page.getByText('That device is signed out.')).toBeVisible();
    await phone.goto(`${server.url}/journeys`);
    await expect(phone).toHaveURL(/sign-in/);
    await signInOn(phone, server, ADA);
    await page.goto(`${server.url}/account`);
    await page.getByRole('button', { name: 'Sign out everywhere' }).click();
    await expect(page.getByText('You are signed out on every device.')).toBeVisible();
    await phone.goto(`${server.url}/journeys`);
    await expect(phone).toHaveURL(/sign-in/);
    await phone.close();
  });

  test('the password is changed, and signing out leaves nothing to go back to', async ({ page, server, signIn }) => {
    await signIn(ADA, '/account');
    await page.getByLabel('Current password').fill(PASSWORD);
    await page.getByLabel('New password').fill('velvet harbour quiet seventeen');
    await page.getByRole('button', { name: 'Change password' }).click();
    await expect(page.getByText('Your password is changed')).toBeVisible();
    await page.getByRole('button', { name: 'ada Admin' }).click();
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await expect(page.getByText('You are signed out.')).toBeVisible();
    await page.goBack();
    await expect(page).toHaveURL(/sign-in/);
    await page.goto(`${server.url}/journeys`);
    await expect(page).toHaveURL(/sign-in/);
  });

  test.describe('and a lost session', () => {
    test.use({ expectedErrors: /status of 401/ });

    test('an action is refused with a sentence, and changes nothing', async ({ page, server, signIn, browser }) => {
      await signIn(ADA, '/journeys?status=running&sort=name');
      await tick(page, 'Abandoned cart').check();
      const other = await browser.newPage();
      await signInOn(other, server, ADA, '/account');
      await other.getByRole('button', { name: 'Sign out everywhere' }).click();
      await expect(other.getByText('You are signed out on every device.')).toBeVisible();
      await bulk(page, 'Pause').click();
      await expect(complaint(page, 'You are not signed in').first()).toBeVisible();
      await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click();
      await expect(page).toHaveURL(/sign-in\?next=/);
      await signInOn(other, server, ADA, '/journeys?status=paused');
      await expect(row(other, 'Abandoned cart')).toHaveCount(0);
      await other.close();
    });
  });
});
