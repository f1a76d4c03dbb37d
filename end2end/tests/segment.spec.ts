import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Analytics } from '@segment/analytics-node';
import type { Page } from '@playwright/test';
import { expect, test } from '../support/fixtures.ts';
import { newKey } from '../support/programs.ts';
import type { Server } from '../support/server.ts';

// Segment's published client libraries, unmodified, with nothing changed but the host: a journey moves because of them.

test.use({ seed: join(import.meta.dirname, '../../docs/examples/welcome.json') });

const PYTHON_LIBRARY = 'segment-analytics-python==2.4.0';

/** Python is no tool of this project: where there is none, its library is not tried. */
function hasPip(): boolean {
  try {
    execFileSync('python3', ['-m', 'pip', '--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Publishes the journey and answers a key that may send. */
async function ready(page: Page, server: Server): Promise<string> {
  await page.goto(`${server.url}/journeys`);
  await page.getByRole('link', { name: 'Welcome (example)' }).click();
  await page.getByRole('button', { name: 'Publish' }).click();
  await page.getByRole('button', { name: 'Publish version 1' }).click();
  await expect(page.getByText('Running', { exact: true }).first()).toBeVisible();
  return newKey(server);
}

/** The profile exists, with its address, and is inside. */
async function came(page: Page, server: Server, person: string): Promise<void> {
  await expect(async () => {
    await page.goto(`${server.url}/profiles?search=${person}`);
    await page.getByRole('link', { name: person }).click({ timeout: 1000 });
    await expect(page.getByText(`${person}@example.com`).first()).toBeVisible({ timeout: 1000 });
    await expect(page.getByRole('list', { name: 'Enrolments' }).getByRole('link', { name: 'Welcome (example)' })).toBeVisible({ timeout: 1000 });
  }).toPass({ timeout: 15_000 });
}

test('the library for Node', async ({ page, server }) => {
  const writeKey = await ready(page, server);
  const analytics = new Analytics({ writeKey, host: server.url });
  const problems: unknown[] = [];
  analytics.on('error', (problem) => problems.push(problem));
  analytics.identify({ userId: 'noa', traits: { email: 'noa@example.com' } });
  analytics.track({ userId: 'noa', event: 'Signed Up', properties: { plan: 'gold' } });
  await analytics.closeAndFlush();
  expect(problems).toEqual([]);
  await came(page, server, 'noa');
});

test('the library for Python', async ({ page, server }) => {
  test.skip(!hasPip(), 'needs python3 with pip');
  test.setTimeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'wayfare-python-'));
  try {
    execFileSync('python3', ['-m', 'pip', 'install', '--quiet', '--target', folder, PYTHON_LIBRARY], { stdio: ['ignore', 'ignore', 'inherit'] });
    const key = await ready(page, server);
    const script = [
      'import sys, segment.analytics as analytics',
      'analytics.write_key, analytics.host, analytics.sync_mode = sys.argv[1], sys.argv[2], True',
      'analytics.identify("pia", {"email": "pia@example.com"})',
      'analytics.track("pia", "Signed Up", {"plan": "gold"})',
      'analytics.flush()',
    ].join('\n');
    execFileSync('python3', ['-c', script, key, server.url], { env: { ...process.env, PYTHONPATH: folder }, stdio: ['ignore', 'ignore', 'inherit'] });
    await came(page, server, 'pia');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
