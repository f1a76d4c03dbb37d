import type { Server } from './server.ts';

/** A key with which a program sends profiles and events; in local mode anybody on this machine may make one. */
export async function newKey(server: Server): Promise<string> {
  const body = new URLSearchParams({ name: 'Shop', 'scopes[0]': 'ingest' });
  const answer = await fetch(`${server.url}/api/ui/keys/create`, { method: 'POST', body, headers: { accept: 'application/json' } });
  return (await answer.json()) as string;
}
