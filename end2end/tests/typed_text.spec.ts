import { alive, expect, row, test } from '../support/fixtures.ts';

// What people typed is text in a real browser, before scripts have run and after: in the title of the window, in fields of
// several lines, in the list that comes alive and in the editor.

const NAME = '</title></textarea>"--><x-pwn>';
const DESCRIPTION = 'First </textarea><x-pwn>\nsecond &lt;b&gt; & "third" --><x-pwn>';

for (const scripts of [true, false]) {
  test.describe(scripts ? 'with scripts' : 'with scripts switched off', () => {
    test.use({ javaScriptEnabled: scripts });

    test('a name and a description that look like HTML are read as they were typed', async ({ page, server }) => {
      const smuggled = page.locator('x-pwn');
      const field = page.getByRole('textbox', { name: /^Description/ });
      await page.goto(`${server.url}/journeys/new`);
      await page.getByRole('textbox', { name: 'Name', exact: true }).fill(NAME);
      await field.fill(DESCRIPTION);
      await page.getByRole('button', { name: 'Create draft' }).click();

      // The page of the edit, with the editor mounted into it.
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Edit ${NAME}`);
      await expect(page).toHaveTitle(`Edit ${NAME} · Wayfare`);
      if (scripts) await expect(page.getByRole('group', { name: 'Canvas' })).toBeVisible();
      await expect(field.first()).toHaveValue(DESCRIPTION);
      await expect(smuggled).toHaveCount(0);
      const edit = new URL(page.url()).pathname;
      const journey = edit.replace(/\/edit$/, '');

      await page.goto(`${server.url}${journey}/publish`);
      await expect(field).toHaveValue(DESCRIPTION);
      await expect(smuggled).toHaveCount(0);

      await page.goto(`${server.url}${journey}`);
      await expect(page).toHaveTitle(`${NAME} · Wayfare`);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(NAME);
      await expect(smuggled).toHaveCount(0);

      // The list, which the browser's half takes over.
      await page.goto(`${server.url}/journeys`);
      if (scripts) await alive(page);
      await expect(page).toHaveTitle('Journeys · Wayfare');
      await expect(row(page, NAME)).toBeVisible();
      await expect(smuggled).toHaveCount(0);
    });
  });
}

test.describe('refused', () => {
  test.use({ expectedErrors: /status of 400/ });

  test('a form that did not work shows again what was typed into several lines', async ({ page, server }) => {
    const typed = '\n</textarea><x-pwn>\n\nlast';
    await page.goto(`${server.url}/suppressions`);
    await page.getByRole('textbox', { name: 'Addresses, one per line' }).fill(typed);
    await page.getByRole('button', { name: /^Add/ }).click();
    await expect(page.getByRole('alert').first()).toBeVisible();
    await expect(page.getByRole('textbox', { name: 'Addresses, one per line' })).toHaveValue(typed);
    await expect(page.locator('x-pwn')).toHaveCount(0);
  });
});

test.describe('with an admin', () => {
  test.use({ accounts: { 'ada@example.com': 'admin', 'bob@example.com': 'viewer' } });

  test('a button that was smuggled into a page leads to a question and changes nothing', async ({ page, signIn }) => {
    await signIn('ada@example.com', '/team');
    const bob = page.getByRole('listitem').filter({ hasText: 'bob@example.com' });
    const user = await bob.locator('input[name=user]').first().inputValue();
    // As if an attacker's HTML stood in the page; the browser sends it like any form of ours.
    await page.evaluate((id) => {
      const form = document.createElement('form');
      form.method = 'post';
      form.action = '/api/ui/people/role';
      form.innerHTML = `<input name="user" value="${id}"><input name="role" value="admin"><input name="confirmed" value="yes"><input name="for_project" value="${document.body.dataset.project}"><button>Continue</button>`;
      document.querySelector('main')!.prepend(form);
    }, user);
    await page.getByRole('button', { name: 'Continue' }).click();
    const question = page.getByRole('alertdialog', { name: /^Make .* an Admin\?$/ });
    await expect(question).toContainText('bob@example.com');
    await expect(question).toContainText('Current role: Viewer');
    await question.getByRole('link', { name: 'Cancel' }).click();
    await expect(page.getByRole('combobox', { name: /^Role of bob/i })).toHaveValue('viewer');
  });
});
