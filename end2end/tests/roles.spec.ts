import { bulk, complaint, expect, menuOf, row, test, tick } from '../support/fixtures.ts';

// Each role in the browser: what it may do works, what it may not is not offered, and says why.

const accounts = {
  'vic@example.com': 'viewer',
  'cleo@example.com': 'creator',
  'pia@example.com': 'publisher',
  'ada@example.com': 'admin',
} as const;

test.use({ accounts, expectedErrors: /status of 403/ });

const may = {
  'vic@example.com': { title: 'Viewer', edits: false, operates: false, manages: false },
  'cleo@example.com': { title: 'Creator', edits: true, operates: false, manages: false },
  'pia@example.com': { title: 'Publisher', edits: true, operates: true, manages: false },
  'ada@example.com': { title: 'Admin', edits: true, operates: true, manages: true },
};

for (const [email, { title, edits, operates, manages }] of Object.entries(may)) {
  test.describe(title, () => {
    test('finds in the list what the role is for', async ({ page, signIn }) => {
      await signIn(email, '/journeys?status=running&sort=name');
      await expect(page.getByRole('button', { name: `${email.split('@')[0]} ${title}` })).toBeVisible();
      await tick(page, 'Abandoned cart').check();
      for (const name of ['Pause', 'Stop']) await expect(bulk(page, name)).toBeEnabled({ enabled: operates });
      await expect(bulk(page, 'Label')).toBeEnabled({ enabled: edits });
      await expect(page.getByRole('link', { name: 'New journey' })).toHaveCount(edits ? 1 : 0);
      await expect(page.getByText(`You are a ${title}: `)).toHaveCount(operates ? 0 : 1);
      if (!operates) await expect(bulk(page, 'Pause')).toHaveAccessibleDescription(/needs a Publisher|a Publisher\. Ask an admin/);

      const menu = await menuOf(page, 'Abandoned cart');
      await expect(menu.getByRole('menuitem', { name: 'View description' })).toBeVisible();
      for (const name of ['Clone', 'Edit']) {
        await expect(menu.getByRole('menuitem', { name, exact: true })).toHaveCount(edits ? 1 : 0);
      }
      // What is published is renamed by who may publish.
      for (const name of ['Archive', 'Rename']) {
        await expect(menu.getByRole('menuitem', { name })).toHaveCount(operates ? 1 : 0);
      }
      await page.keyboard.press('Escape');

      const pages = page.getByRole('navigation', { name: 'Main' }).getByRole('link');
      const everyone = ['Journeys', 'Profiles', 'Delivery'];
      await expect(pages).toHaveText(manages ? [...everyone, 'Team', 'API keys', 'Audit log'] : everyone);
    });

    test('pauses only where it may', async ({ page, signIn }) => {
      await signIn(email, '/journeys?status=running&sort=name');
      if (operates) {
        await tick(page, 'Abandoned cart').check();
        await bulk(page, 'Pause').click();
        await expect(page.getByText('Abandoned cart paused.')).toBeVisible();
        await expect(row(page, 'Abandoned cart')).toHaveCount(0);
      } else {
        const status = await page.evaluate(async () => {
          const id = document.querySelector<HTMLInputElement>("input[name='ids[]']")!.value;
          const body = new URLSearchParams({ action: 'pause', 'ids[0]': id });
          return (await fetch('/api/ui/journeys/operate', { method: 'POST', body })).status;
        });
        expect(status).toBe(403);
        await expect(row(page, 'Abandoned cart')).toBeVisible();
      }
    });

    test('makes and edits a draft only where it may', async ({ page, server, signIn }) => {
      await signIn(email, '/journeys');
      if (edits) {
        await page.getByRole('link', { name: 'New journey' }).click();
        await page.getByLabel('Name').fill('Spring sale');
        await page.getByRole('button', { name: 'Create draft' }).click();
        await expect(page.getByRole('heading', { level: 1 })).toHaveText('Edit Spring sale');
        await page.getByLabel('Name').fill('Summer sale');
        await page.getByRole('button', { name: 'Save' }).click();
        await expect(page.getByRole('heading', { level: 1 })).toHaveText('Summer sale');
        await expect(page.getByRole('main').getByRole('button', { name: 'Publish' })).toHaveCount(operates ? 1 : 0);
      } else {
        const answer = await page.goto(`${server.url}/journeys/new`);
        expect(answer!.status()).toBe(403);
        await expect(complaint(page, 'Creating and editing journeys needs a Creator; you are a Viewer')).toBeVisible();
      }
    });

    test('renames a draft only where it may edit', async ({ page, signIn }) => {
      await signIn(email, '/journeys?status=draft&sort=name');
      const name = await page.locator('.journey-name').first().innerText();
      const menu = await menuOf(page, name);
      await expect(menu.getByRole('menuitem', { name: 'View description' })).toBeVisible();
      await expect(menu.getByRole('menuitem', { name: 'Rename' })).toHaveCount(edits ? 1 : 0);
    });

    test('finds the name of what is published open only where it may publish', async ({ page, signIn }) => {
      test.skip(!edits, 'The page is for those who edit.');
      await signIn(email, '/journeys?q=Abandoned&status=running');
      await (await menuOf(page, 'Abandoned cart')).getByRole('menuitem', { name: 'Edit', exact: true }).click();
      await expect(page.getByRole('textbox', { name: 'Name', exact: true })).toBeEditable({ editable: operates });
      await expect(page.getByText('Renaming a published journey needs a Publisher.')).toHaveCount(operates ? 0 : 1);
    });

    test('finds on a journey\u2019s page what the role is for', async ({ page, signIn }) => {
      await signIn(email, '/journeys?q=Abandoned&status=running');
      await page.getByRole('link', { name: 'Abandoned cart', exact: true }).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Abandoned cart');
      const main = page.getByRole('main');
      await expect(main.getByRole('button', { name: 'Pause' })).toHaveCount(operates ? 1 : 0);
      await expect(main.getByRole('button', { name: 'Clone' })).toHaveCount(edits ? 1 : 0);
      await expect(main.getByRole('link', { name: 'Edit' })).toHaveCount(edits ? 1 : 0);
      await expect(main.getByRole('link', { name: 'View in audit log' })).toHaveCount(manages ? 1 : 0);
    });

    test('opens the pages of the project only where it may', async ({ page, server, signIn }) => {
      await signIn(email);
      for (const path of ['/team', '/channels', '/api-keys', '/audit']) {
        const answer = await page.goto(server.url + path);
        expect(answer!.status(), path).toBe(manages ? 200 : 403);
        if (!manages) await expect(complaint(page, `needs an Admin; you are a ${title}`)).toBeVisible();
      }
    });
  });
}
