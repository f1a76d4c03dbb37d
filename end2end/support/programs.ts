import type { Page } from '@playwright/test';
import type { Server } from './server.ts';

/** A key with which a program sends profiles and events; in local mode anybody on this machine may make one. */
export async function newKey(server: Server): Promise<string> {
  const body = new URLSearchParams({ name: 'Shop', 'scopes[0]': 'ingest' });
  const answer = await fetch(`${server.url}/api/ui/keys/create`, { method: 'POST', body, headers: { accept: 'application/json' } });
  return (await answer.json()) as string;
}

/** The same where there are accounts: the user of the page creates it. */
export async function newKeyOn(page: Page, server: Server): Promise<string> {
  const form = { name: 'Shop', 'scopes[0]': 'ingest' };
  const answer = await page.request.post(`${server.url}/api/ui/keys/create`, { form, headers: { accept: 'application/json' } });
  return (await answer.json()) as string;
}

/** People sign up, as Segment's libraries tell of it. */
export async function signUp(server: Server, key: string, ...people: string[]): Promise<void> {
  const identify = people.map((userId) => ({ type: 'identify', userId, traits: { email: `${userId}@example.com`, name: userId } }));
  await send(server, key, identify);
  await track(server, key, 'Signed Up', people);
}

/** Something that people do. */
export async function track(server: Server, key: string, event: string, people: string[], properties: object = {}): Promise<void> {
  await send(server, key, people.map((userId) => ({ type: 'track', userId, event, properties })));
}

async function send(server: Server, key: string, batch: object[]): Promise<void> {
  const basic = Buffer.from(`${key}:`).toString('base64');
  const headers = { authorization: `Basic ${basic}`, 'content-type': 'application/json' };
  const answer = await fetch(`${server.url}/v1/batch`, { method: 'POST', body: JSON.stringify({ batch }), headers });
  if (answer.status !== 200) throw new Error(`the batch was answered ${answer.status}`);
}
