import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server as Http } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Locator, Page } from '@playwright/test';
import { accessible, complaint, emptyFrames, expect, nothingOverflows, test as base } from '../support/fixtures.ts';
import { htmlOf, linkIn, type Mail, MailServer } from '../support/mail.ts';
import { newKeyOn, signUp } from '../support/programs.ts';
import type { Server } from '../support/server.ts';

// The whole way of an email: the channel is set up and tested, a journey sends to a real mail server, the recipient opens the
// email, follows its link, and unsubscribes.

type Around = { mails: MailServer; shop: string };

const test = base.extend<Around>({
  mails: async ({}, use) => {
    const mails = await MailServer.start();
    await use(mails);
    await mails.stop();
  },
  // The page that the mail leads to.
  shop: async ({}, use) => {
    const shop: Http = createServer((_, answer) => {
      answer.setHeader('content-type', 'text/html');
      answer.end('<!DOCTYPE html><html lang="en"><title>Shop</title><h1>Ten percent for you</h1></html>');
    });
    await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
    await use(`http://127.0.0.1:${(shop.address() as AddressInfo).port}`);
    await new Promise((resolve) => shop.close(resolve));
  },
});

test.use({
  seed: 'empty',
  accounts: { 'ada@example.com': 'admin', 'vic@example.com': 'viewer' },
  flags: ['--allow-networks', '127.0.0.0/8'],
});

const JOURNEY = 'Offer';

/** A mail with a link, and a way for those who follow it. */
function letter(shop: string): object {
  const body = [
    '<p>Hi {{ profile.name }}, this is for you.</p>',
    `<p><a href="${shop}/offer">See the offer</a></p>`,
    '<p><a href="{{ preferences_url }}">What you get</a></p>',
  ].join('\n');
  const node = (id: string, step: object, y: number) => ({ id, name: id, position: { x: 0, y }, step });
  const nodes = [
    { id: 'entry', step: { entry: {} } },
    node('Mail', { email: { subject: 'Ten percent, {{ profile.name }}', body } }, 128),
    node('Keen', { update_profile: { set: [{ property: 'keen', value: true }] } }, 256),
  ];
  const connectors = [
    { from: 'entry', outlet: 'next', to: 'Mail' },
    { from: 'Mail', outlet: 'clicked', to: 'Keen' },
  ];
  const settings = { entry: { event: { name: 'Signed Up' } }, time_zone: 'Europe/Berlin' };
  return { name: JOURNEY, settings, graph: { nodes, connectors } };
}

/** What a form did, as the page that it led to says it. */
const said = (page: Page, text: string): Locator => page.getByRole('status').filter({ hasText: text });

/** Sets the e-mail channel up by its form, in test mode. */
async function setUpMail(page: Page, mails: MailServer): Promise<void> {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Delivery' }).click();
  await page.getByRole('link', { name: 'Email' }).click();
  await expect(page.getByText('Not set up')).toBeVisible();
  await page.getByLabel('Sender name').fill('The shop');
  await page.getByLabel('Sender address').fill('news@shop.example');
  await page.getByRole('textbox', { name: 'SMTP server' }).fill('localhost');
  await page.getByRole('textbox', { name: 'Port' }).fill(String(mails.port));
  await page.getByLabel('Encryption').selectOption('None (a relay on your own network)');
  await page.getByRole('button', { name: 'Save channel' }).click();
  await expect(said(page, 'Saved. Send a test to check that it works.')).toBeVisible();
}

async function switchOn(page: Page): Promise<void> {
  await page.getByRole('checkbox', { name: /^Live/ }).check();
  await page.getByRole('button', { name: 'Save channel' }).click();
  await expect(page.getByText('Live', { exact: true }).first()).toBeVisible();
}

async function importJourney(server: Server, shop: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'wayfare-letter-'));
  const file = join(folder, 'letter.json');
  writeFileSync(file, JSON.stringify({ format: 'wayfare.journeys', version: 1, journeys: [letter(shop)] }));
  server.run('import', file);
  rmSync(folder, { recursive: true });
}

async function openJourney(page: Page, server: Server): Promise<void> {
  await page.goto(`${server.url}/journeys?q=${JOURNEY}`);
  await page.getByRole('link', { name: JOURNEY, exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(JOURNEY);
}

async function publish(page: Page, server: Server): Promise<void> {
  await openJourney(page, server);
  await page.getByRole('button', { name: 'Publish' }).click();
  await page.getByRole('button', { name: 'Publish version 1' }).click();
  await expect(page.getByText('Running', { exact: true }).first()).toBeVisible();
}

/** The channel works, the journey runs; answers a key for programs. */
async function running(page: Page, server: Server, mails: MailServer, shop: string): Promise<string> {
  await setUpMail(page, mails);
  await switchOn(page);
  await importJourney(server, shop);
  await publish(page, server);
  return newKeyOn(page, server);
}

async function firstMail(mails: MailServer, address: string): Promise<Mail> {
  await expect.poll(() => mails.mailsTo(address).length, { timeout: 15_000 }).toBe(1);
  return mails.mailsTo(address)[0]!;
}

/** A reader with an ordinary browser: automatic readers are not counted. */
async function reader(browser: Browser): Promise<Page> {
  const userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
  return (await browser.newContext({ userAgent })).newPage();
}

/** The page of a profile, by way of the search. */
async function openPerson(page: Page, server: Server, who: string): Promise<void> {
  await page.goto(`${server.url}/profiles?search=${who}`);
  await page.getByRole('link', { name: who, exact: true }).click();
}

test('from the form of the channel to a click in the mail, and to its end', async ({ browser, page, server, signIn, mails, shop }) => {
  await signIn('ada@example.com');
  await setUpMail(page, mails);
  const to = page.getByLabel('Email address');
  await expect(to).toHaveValue('ada@example.com');
  await page.getByRole('button', { name: 'Send test' }).click();
  await expect(said(page, 'The provider accepted the test message.')).toBeVisible();
  expect(mails.mailsTo('ada@example.com').map((mail) => mail.subject)).toEqual(['A test from Wayfare']);
  await switchOn(page);

  await importJourney(server, shop);
  await publish(page, server);
  await signUp(server, await newKeyOn(page, server), 'bea');
  const mail = await firstMail(mails, 'bea@example.com');
  expect(mail.subject).toBe('Ten percent, bea');
  expect(mail.from).toBe('news@shop.example');

  const link = linkIn(htmlOf(mail), 'See the offer');
  expect(link.startsWith(`${server.url}/t/c/`), link).toBe(true);
  const bea = await reader(browser);
  await bea.goto(link);
  await expect(bea).toHaveURL(`${shop}/offer`);
  await expect(bea.getByRole('heading', { name: 'Ten percent for you' })).toBeVisible();

  await openPerson(page, server, 'bea');
  await page.getByRole('link', { name: JOURNEY }).first().click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Enrolment');
  const messages = page.getByRole('list', { name: 'Messages' });
  await expect(messages.getByText('Mail, by email: Sent')).toBeVisible();
  await expect(messages.getByText(/^Clicked/)).toBeVisible();
  // The click moved the person on, who waited for it.
  await expect(page.getByText(/^Keen: /).first()).toBeVisible();
  await openJourney(page, server);
  const figures = page.getByRole('table', { name: 'Messages' }).getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'Mail' }) });
  await expect(figures.getByRole('cell').nth(0)).toHaveText('1');
  await expect(figures.getByRole('cell').nth(3)).toHaveText('1 (100.0%)');

  await bea.goto(linkIn(htmlOf(mail), 'What you get'));
  await expect(bea.getByRole('heading', { name: 'Your messages' })).toBeVisible();
  await bea.getByRole('button', { name: 'Unsubscribe from everything' }).click();
  await expect(said(bea, 'Your choice is saved.')).toBeVisible();
  await page.goto(`${server.url}/delivery`);
  await page.getByRole('navigation', { name: 'Delivery' }).getByRole('link', { name: 'Suppression list' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'bea@example.com' })).toContainText('unsubscribed');
  await bea.close();
});

test('what no provider takes is listed with its reason and can be sent again', async ({ page, server, signIn, mails, shop }) => {
  await signIn('ada@example.com');
  const key = await running(page, server, mails, shop);
  await signUp(server, key, 'bounce');
  const failed = page.getByRole('list', { name: 'Failed messages' }).getByRole('listitem');
  await expect(async () => {
    await page.goto(`${server.url}/delivery`);
    await expect(failed).toContainText('the mail server does not know the address (550 5.1.1 no such user)', { timeout: 1000 });
  }).toPass({ timeout: 15_000 });
  await expect(failed.getByRole('link', { name: JOURNEY })).toBeVisible();
  await expect(page.getByRole('table', { name: 'Reasons' })).toContainText('does not know the address');

  // The address counts as dead; an admin takes it off the list, and resends.
  await page.getByRole('link', { name: 'Suppression list' }).click();
  await page.getByRole('button', { name: 'Remove bounce@example.com' }).click();
  await page.getByRole('link', { name: 'Overview' }).click();
  await page.getByRole('checkbox', { name: 'Message to bounce' }).check();
  await page.getByRole('button', { name: 'Resend selected' }).click();
  await expect(said(page, 'Messages queued again.')).toBeVisible();
  // It does not work this time either: its address is on the list again, the message among those that were not delivered.
  await expect(async () => {
    await page.goto(`${server.url}/suppressions`);
    await expect(page.getByRole('row').filter({ hasText: 'bounce@example.com' })).toBeVisible({ timeout: 1000 });
  }).toPass({ timeout: 15_000 });
  await page.goto(`${server.url}/delivery`);
  await expect(failed).toContainText('550 5.1.1 no such user');
});

test.describe('a test to oneself', () => {
  test.use({ expectedErrors: /status of 409/ });

  test('arrives filled in for the chosen person, with plain links', async ({ page, server, signIn, mails, shop }) => {
    await signIn('ada@example.com');
    await importJourney(server, shop);
    await openJourney(page, server);
    await page.getByRole('link', { name: 'Mail' }).click();
    await page.getByRole('link', { name: 'Set up Email' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Email');
    await setUpMail(page, mails);
    await signUp(server, await newKeyOn(page, server), 'bea');
    await openJourney(page, server);
    await page.getByRole('link', { name: 'Mail' }).click();
    await page.getByLabel('Identity or email address').fill('bea');
    await page.getByRole('button', { name: 'Show' }).click();
    await expect(page.getByText('Shown with data from')).toContainText('bea');
    await expect(page.getByLabel('Email address', { exact: true })).toHaveValue('ada@example.com');
    await page.getByRole('button', { name: 'Send test' }).click();
    await expect(said(page, 'The provider accepted the test message.')).toBeVisible();
    await expect(page.getByText('Shown with data from'), 'it stays with the chosen person').toContainText('bea');
    const mail = await firstMail(mails, 'ada@example.com');
    expect(mail.subject).toBe('Ten percent, bea');
    expect(linkIn(htmlOf(mail), 'See the offer')).toBe(`${shop}/offer`);

    await page.getByLabel('Email address', { exact: true }).fill('bounce@example.com');
    await page.getByRole('button', { name: 'Send test' }).click();
    await expect(complaint(page, 'The test message was not sent: the mail server does not know the address')).toBeVisible();
    await expect(page.getByLabel('Email address', { exact: true })).toHaveValue('bounce@example.com');
  });
});

test('the parts of delivery that a role may not see are not offered to it', async ({ page, signIn }) => {
  await signIn('vic@example.com', '/delivery');
  const parts = page.getByRole('navigation', { name: 'Delivery' });
  await expect(parts.getByRole('link')).toHaveText(['Overview', 'Suppression list']);
  await expect(parts.getByRole('link', { name: 'Overview' })).toHaveAttribute('aria-current', 'page');
  await expect(page.getByRole('link', { name: 'Email' })).toHaveCount(0);
  await parts.getByRole('link', { name: 'Suppression list' }).click();
  await expect(parts.getByRole('link', { name: 'Suppression list' })).toHaveAttribute('aria-current', 'page');
  const main = page.getByRole('navigation', { name: 'Main' });
  await expect(main.getByRole('link', { name: 'Delivery' })).toHaveAttribute('aria-current', 'page');
});

test('every page is readable for everybody, in light and dark, and fits a phone', async ({ browser, page, server, signIn, mails, shop }) => {
  test.setTimeout(120_000);
  await signIn('ada@example.com');
  const key = await running(page, server, mails, shop);
  await signUp(server, key, 'bea', 'bounce');
  const mail = await firstMail(mails, 'bea@example.com');
  await expect(async () => {
    await page.goto(`${server.url}/suppressions`);
    await expect(page.getByText('bounce@example.com')).toBeVisible({ timeout: 1000 });
  }).toPass({ timeout: 15_000 });
  await openJourney(page, server);
  const journey = new URL(page.url()).pathname;
  const pages = ['/delivery', '/channels', '/channels/email', '/channels/webhooks', '/suppressions', `${journey}/messages/Mail?person=bea`, journey];
  const bea = await reader(browser);
  const visits = [...pages.map((path) => [page, server.url + path] as const), [bea, linkIn(htmlOf(mail), 'What you get')] as const];
  for (const [visitor, address] of visits) {
    for (const colorScheme of ['light', 'dark'] as const) {
      await visitor.emulateMedia({ colorScheme });
      await visitor.goto(address);
      await emptyFrames(visitor);
      await accessible(visitor);
    }
    await visitor.setViewportSize({ width: 360, height: 800 });
    await nothingOverflows(visitor);
    await visitor.setViewportSize({ width: 1366, height: 900 });
  }
  await bea.close();
});
