import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Page } from '@playwright/test';

/** An OpenID provider in a process of its own. */
export class Provider {
  private child?: ChildProcess;

  private constructor(private readonly port: number) {}

  /** `back` is the one address that it sends browsers back to. */
  static async start(port: number, back: string): Promise<Provider> {
    const provider = new Provider(port);
    const child = spawn(process.execPath, [join(import.meta.dirname, 'provider.mjs'), String(port), back], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    provider.child = child;
    for await (const line of createInterface({ input: child.stdout! })) {
      if (line.includes('listening on')) return provider;
    }
    throw new Error('the provider ended before it listened');
  }

  get issuer(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }
}

/** A port that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (!address || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Says who one is on the provider's own pages, and agrees. */
export async function signInAt(page: Page, name: string): Promise<void> {
  await page.getByPlaceholder('Enter any login').fill(name);
  await page.getByPlaceholder('and password').fill('anything');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
}
