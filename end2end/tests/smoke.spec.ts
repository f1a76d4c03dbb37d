import { expect, test } from '../support/fixtures.ts';

// The released bundle loads and takes over: what no other test could tell apart from a failure of its own.

test('the list of journeys is served and comes alive', async ({ page, open }) => {
  await open('/journeys');
  await expect(page).toHaveTitle(/Journeys/);
  await expect(page.getByRole('heading', { name: 'Journeys', level: 1 })).toBeVisible();
});

test('the files of the site come compressed and may be kept for ever', async ({ page, open }) => {
  const files: { url: string; encoding?: string; cache?: string; status: number }[] = [];
  page.on('response', (response) => {
    const headers = response.headers();
    if (!response.url().includes('/pkg/')) return;
    files.push({ url: response.url(), encoding: headers['content-encoding'], cache: headers['cache-control'], status: response.status() });
  });
  await open('/journeys');
  const named = (pattern: RegExp) => files.filter((file) => pattern.test(file.url));
  for (const pattern of [/wayfare\.\w+\.wasm$/, /wayfare\.\w+\.js$/, /start\.\w+\.js$/, /wayfare\.\w+\.css$/]) {
    const found = named(pattern);
    expect(found.length, `${pattern} is loaded`).toBeGreaterThan(0);
    for (const file of found) {
      expect(file, file.url).toMatchObject({ status: 200, encoding: expect.stringMatching(/^(br|gzip)$/) });
      expect(file.cache).toContain('immutable');
    }
  }
});
