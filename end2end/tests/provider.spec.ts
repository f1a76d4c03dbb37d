import { complaint, expect, PASSWORD, test as base } from '../support/fixtures.ts';
import { freePort, Provider, signInAt } from '../support/provider.ts';
import { Server } from '../support/server.ts';

// Sign-in with OpenID Connect against a real provider: authorization code with PKCE, and the rule that maps groups to roles.

type Fixtures = { provider: { port: number; running?: Provider } };

const test = base.extend<Fixtures>({
  provider: async ({}, use) => {
    const provider: Fixtures['provider'] = { port: await freePort() };
    await use(provider);
    await provider.running?.stop();
  },
  server: async ({ provider: its }, use) => {
    const ours = await freePort();
    const provider = await Provider.start(its.port, `http://127.0.0.1:${ours}/sign-in/provider/back`);
    its.running = provider;
    const server = await Server.start('demo', { 'root@example.com': 'admin', 'eve@example.com': 'viewer' }, [
      '--listen', `127.0.0.1:${ours}`,
      '--oidc-issuer', provider.issuer,
      '--oidc-client-id', 'wayfare',
      '--oidc-client-secret', 'a secret between the two',
      '--oidc-scopes', 'email profile groups',
      '--oidc-name', 'Company sign-in',
      '--oidc-roles', 'admins=admin; marketing=publisher@My project',
    ]);
    await use(server);
    await server.dispose();
  },
});

// The provider's own pages want a font and an icon that are not there.
test.use({ expectedErrors: /ERR_NAME_NOT_RESOLVED|ERR_INTERNET_DISCONNECTED|status of 404/ });

test('a user of the provider signs in, with the role of their group', async ({ page, server }) => {
  await page.goto(`${server.url}/api-keys`);
  await page.getByRole('link', { name: 'Company sign-in' }).click();
  await signInAt(page, 'ada');
  await expect(page).toHaveURL(`${server.url}/api-keys`);
  await expect(page.getByRole('button', { name: 'Ada Admin' })).toBeVisible();
  await page.goto(`${server.url}/audit?event=session.sign_in`);
  await expect(page.getByRole('table', { name: 'Audit log' })).toContainText('with SSO');
});

test('another group leads to another role, and the same person stays one account', async ({ page, server }) => {
  for (let time = 0; time < 2; time++) {
    // The list would ask on without its session.
    await page.goto('about:blank');
    await page.context().clearCookies();
    await page.goto(`${server.url}/sign-in`);
    await page.getByRole('link', { name: 'Company sign-in' }).click();
    await signInAt(page, 'mia');
    await expect(page.getByRole('button', { name: 'Mia Publisher' })).toBeVisible();
  }
  expect(server.run('user', 'list').match(/mia@example\.com/g)).toHaveLength(1);
});

test('a user with a password links the provider from inside the account, and unlinks it', async ({ page, server, signIn }) => {
  server.account('ada@example.com', 'viewer');
  await signIn('ada@example.com', '/account');
  await page.getByLabel('Your password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Link Company sign-in' }).click();
  await page.getByRole('link', { name: 'Continue to Company sign-in' }).click();
  await signInAt(page, 'ada');
  await expect(page.getByText('You can now sign in with it as well.')).toBeVisible();
  await expect(page.getByRole('list', { name: 'Linked identities' })).toContainText('ada');

  await page.getByRole('button', { name: 'ada Viewer' }).click();
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.getByRole('link', { name: 'Company sign-in' }).click();
  // A role that an admin gave stays, whatever the group says.
  await expect(page.getByRole('button', { name: 'ada Viewer' })).toBeVisible();
  await page.goto(`${server.url}/account`);
  await page.getByRole('button', { name: /^Unlink ada at/ }).click();
  await expect(page.getByText('It can no longer be used to sign in to your account.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Link Company sign-in' })).toBeVisible();
});

test.describe('what does not work', () => {
  test.use({ expectedErrors: /ERR_NAME_NOT_RESOLVED|ERR_INTERNET_DISCONNECTED|status of (403|404|409|410|502)/ });

  test('a user in no group signs in and sees nothing', async ({ page, server }) => {
    await page.goto(`${server.url}/sign-in`);
    await page.getByRole('link', { name: 'Company sign-in' }).click();
    await signInAt(page, 'zoe');
    await expect(page.getByRole('button', { name: 'Zoe No role yet' })).toBeVisible();
    await expect(complaint(page, 'You have no role in any project yet')).toBeVisible();
  });

  test('the way back works once, and only in the browser that went', async ({ page, server, browser }) => {
    let back = '';
    page.on('request', (request) => {
      if (request.url().includes('/sign-in/provider/back?')) back = request.url();
    });
    await page.goto(`${server.url}/sign-in`);
    await page.getByRole('link', { name: 'Company sign-in' }).click();
    await signInAt(page, 'ada');
    await expect(page.getByRole('button', { name: 'Ada Admin' })).toBeVisible();
    expect(back).toContain('code=');
    for (const who of [page, await browser.newPage()]) {
      const answer = await who.goto(back);
      expect(answer!.status()).toBe(410);
      await expect(complaint(who, 'This link no longer works')).toBeVisible();
    }
  });

  test('a verified address opens no account that has a password, and it is said how to link it', async ({ page, server }) => {
    server.account('mia@example.com', 'admin');
    await page.goto(`${server.url}/sign-in`);
    await page.getByRole('link', { name: 'Company sign-in' }).click();
    await signInAt(page, 'mia');
    await expect(complaint(page, 'link the identity provider under “Your account”')).toBeVisible();
    await page.goto(`${server.url}/team`);
    await expect(page).toHaveURL(/sign-in/);
  });

  test('an address that the provider did not verify takes over no account', async ({ page, server }) => {
    server.account('unproven@example.com', 'admin');
    await page.goto(`${server.url}/sign-in`);
    await page.getByRole('link', { name: 'Company sign-in' }).click();
    await signInAt(page, 'unproven');
    await expect(page.getByRole('button', { name: /Admin$/ })).toHaveCount(0);
    await page.goto(`${server.url}/team`);
    await expect(page).toHaveURL(/sign-in|people/);
    await expect(page.getByRole('list', { name: 'Members' })).toHaveCount(0);
  });

  test('a provider that is away is told as such, and passwords still work', async ({ page, server, provider, signIn }) => {
    await provider.running!.stop();
    await page.goto(`${server.url}/sign-in`);
    await page.getByRole('link', { name: 'Company sign-in' }).click();
    await expect(complaint(page, 'Single sign-on failed')).toBeVisible();
    await signIn('root@example.com');
    await expect(page.getByRole('button', { name: 'root Admin' })).toBeVisible();
  });
});
