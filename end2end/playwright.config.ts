// Run through `cargo xtask test --only browser`, which builds the release and finds a browser first.
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results',
  // Each test has a server and a database of its own, so all of them may run side by side.
  fullyParallel: true,
  workers: 2,
  // A test that passes at the second attempt is a test, or a product, with a fault.
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  reporter: 'list',
  timeout: 30_000,
  expect: { timeout: 7_000 },
  use: {
    browserName: 'chromium',
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      // Empty: Playwright's own.
      executablePath: process.env.CHROMIUM_PATH || undefined,
      // As root and without a display, and without a browser that talks to its maker meanwhile.
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
