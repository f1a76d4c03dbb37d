import { join } from 'node:path';
import {
  addAt, canvas, drag, middle, newJourney, nothingOverlaps, panel, row, rows, said, saving, step,
} from '../support/editor.ts';
import { accessible, emptyFrames, expect, nothingOverflows, test } from '../support/fixtures.ts';
import { newKey, signUp, track } from '../support/programs.ts';

// The editor piece by piece; the whole way of one journey is in cart.spec.ts.

test('steps are dragged out of the palette, connected by hand and put onto a connector', async ({ page, server }) => {
  await newJourney(page, server.url, 'By hand');
  await addAt(page, step(page, /^Entry/), 'Next', 'Email');
  await page.getByRole('button', { name: 'Show all steps' }).click();
  const spot = await middle(step(page, /^Email/));
  const exit = page.getByRole('region', { name: 'Palette' }).getByRole('button', { name: 'Exit' });
  await exit.scrollIntoViewIfNeeded();
  await drag(page, await middle(exit), { x: spot.x, y: spot.y + 110 });
  await expect(step(page, /^Exit/)).toBeVisible();
  await drag(page, await middle(step(page, /^Email/).getByRole('button', { name: /^Sent of/ })), await middle(step(page, /^Exit/)));
  await expect(said(page)).toContainText('leads to “Exit”');

  const way = page.getByRole('button', { name: /^Add a step between .*, Sent, and Exit$/ });
  await way.click();
  await accessible(page);
  await page.getByRole('dialog', { name: /^Add a step after/ }).getByRole('button', { name: 'Delay', exact: true }).click();
  await expect(rows(page)).toHaveCount(4);
  await canvas(page).press('Control+z');
  await expect(rows(page)).toHaveCount(3);
  await canvas(page).press('Control+y');
  await expect(rows(page)).toHaveCount(4);

  await page.getByRole('button', { name: 'Align from top to bottom' }).click();
  await nothingOverlaps(page);
  await page.getByRole('button', { name: 'Align from left to right' }).click();
  await nothingOverlaps(page);
  await page.getByRole('button', { name: 'Align from left to right' }).click();
  await expect(said(page)).toContainText('aligned');
  await expect(saving(page)).toHaveText('Saved');
  await accessible(page);

  // What was saved is there again.
  await page.reload();
  await expect(rows(page)).toHaveCount(4);
  await expect(step(page, /^Delay/)).toBeVisible();
});

test('checks are live, lead to their place, and keep a version from being published', async ({ page, server }) => {
  await newJourney(page, server.url, 'Unfinished');
  await page.getByRole('button', { name: /^Checks/ }).click();
  await expect(panel(page)).toContainText('does nothing yet');
  await addAt(page, step(page, /^Entry/), 'Next', 'Delay');
  await panel(page).getByLabel('Waits', { exact: true }).selectOption({ label: 'Until a time of day' });
  await panel(page).getByLabel(/^Time of day/).fill('');
  await expect(panel(page)).toContainText('Write a time of day as 09:30.');
  await expect(saving(page)).toHaveText('Saved');
  await page.getByRole('button', { name: 'Publish…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Publish this version' });
  await expect(dialog).toContainText('Fix these errors before you publish.');
  await dialog.getByRole('button', { name: /Write a time of day/ }).click();
  await expect(panel(page).getByLabel(/^Time of day/)).toBeFocused();
  await panel(page).getByLabel(/^Time of day/).fill('09:30');
  await expect(saving(page)).toHaveText('Saved');
});

test('steps are copied, cut and pasted, also into another journey', async ({ page, server, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await newJourney(page, server.url, 'From here');
  await addAt(page, step(page, /^Entry/), 'Next', 'SMS');
  await panel(page).getByLabel('Text', { exact: true }).fill('Hello there');
  await step(page, /^SMS/).focus();
  await page.keyboard.press('Control+c');
  await expect(said(page)).toHaveText('1 step copied.');
  await page.keyboard.press('Control+v');
  await expect(step(page, /^SMS/)).toHaveCount(2);
  await page.keyboard.press('Control+x');
  await expect(step(page, /^SMS/)).toHaveCount(1);
  await expect(saving(page)).toHaveText('Saved');
  await newJourney(page, server.url, 'To there');
  await step(page, /^Entry/).focus();
  await page.keyboard.press('Control+v');
  await expect(step(page, /Hello there/)).toBeVisible();
  await expect(saving(page)).toHaveText('Saved');
});

test('what is known is inserted where the cursor stands, with a word for those of whom it is not', async ({ page, server }) => {
  const key = await newKey(server);
  await track(server, key, 'Checkout Started', ['ada'], { cart_total: 12.5 });
  await newJourney(page, server.url, 'Filled in');
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  await panel(page).getByLabel('Entry trigger', { exact: true }).selectOption({ label: 'Live event' });
  await panel(page).getByLabel('Entry event').fill('Checkout Started');
  await addAt(page, step(page, /^Entry/), 'Next', 'Email');
  const [subject, text] = [panel(page).getByLabel('Subject', { exact: true }), panel(page).getByLabel('Text', { exact: true })];
  const insert = panel(page).getByRole('group', { name: 'Insert…' });
  await subject.fill('Hi , your cart');
  await subject.press('Home');
  for (let moved = 0; moved < 3; moved += 1) await subject.press('ArrowRight');
  await insert.getByLabel('What').selectOption({ label: 'email' });
  await insert.getByLabel('If it is missing').fill('there');
  await insert.getByRole('button', { name: 'Insert into Subject' }).click();
  await expect(subject).toHaveValue('Hi {{ profile.email | default: "there" }}, your cart');
  await expect(subject).toBeFocused();
  await page.keyboard.type('!');
  await expect(subject).toHaveValue('Hi {{ profile.email | default: "there" }}!, your cart');
  await text.fill('It is  in all.');
  for (let moved = 0; moved < 8; moved += 1) await text.press('ArrowLeft');
  await insert.getByLabel('What').selectOption({ label: 'cart_total' });
  await insert.getByLabel('If it is missing').fill('');
  await insert.getByRole('button', { name: 'Insert into Text' }).click();
  await expect(text).toHaveValue('It is {{ event.cart_total }} in all.');
  await expect(saving(page)).toHaveText('Saved');
});

test.describe('a frame without rights', () => {
  // Playwright itself may not look into it by a script.
  test.use({ expectedErrors: /Blocked script execution/ });

  test('a message is seen filled in for somebody before it is saved, as on a phone and on a desktop', async ({ page, server }) => {
    const key = await newKey(server);
    await signUp(server, key, 'ada');
    await newJourney(page, server.url, 'Seen');
    await addAt(page, step(page, /^Entry/), 'Next', 'Email');
    await panel(page).getByLabel('Subject', { exact: true }).fill('For {{ profile.name }}');
    await panel(page).getByLabel('Text', { exact: true }).fill('<p style="color: rgb(1, 2, 3)">Dear {{ profile.name }}</p><script>alert(1)</script>');
    await panel(page).getByRole('button', { name: 'Preview and test…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Preview of the message' });
    await dialog.getByLabel('Profile: identity or email address').fill('ada@example.com');
    await dialog.getByRole('button', { name: 'Show' }).click();
    await expect(dialog).toContainText('Shown with data from');
    await expect(dialog.getByText('For ada', { exact: true })).toBeVisible();
    const letter = dialog.frameLocator('iframe').getByText('Dear ada');
    await expect(letter).toHaveCSS('color', 'rgb(1, 2, 3)');
    const frame = dialog.locator('iframe');
    await expect(frame).toHaveAttribute('sandbox', '');
    expect((await frame.boundingBox())!.width).toBeCloseTo(375, -1);
    await dialog.getByLabel('On a desktop').check();
    expect((await frame.boundingBox())!.width).toBeGreaterThan(600);
    await expect(letter).toBeVisible();
    await expect(dialog).toContainText('is not set up yet');
    await emptyFrames(page);
    await accessible(page);
    await dialog.getByRole('button', { name: 'Close' }).click();
    await expect(panel(page).getByRole('button', { name: 'Preview and test…' })).toBeFocused();
  });
});

test('several steps are chosen and moved together, and a drag is one step of undo', async ({ page, server }) => {
  await newJourney(page, server.url, 'Moved');
  await addAt(page, step(page, /^Entry/), 'Next', 'Delay');
  await addAt(page, step(page, /^Delay/), 'Next', 'SMS');
  await canvas(page).press('Control+a');
  await expect(said(page)).toHaveText('3 steps selected.');
  const before = await middle(step(page, /^SMS/));
  const from = await middle(step(page, /^Delay/).locator('.step-name'));
  await drag(page, from, { x: from.x + 80, y: from.y + 40 });
  await expect(said(page)).toHaveText('3 steps moved.');
  const after = await middle(step(page, /^SMS/));
  expect(after.x).toBeGreaterThan(before.x + 20);
  await canvas(page).press('Control+z');
  await expect.poll(async () => (await middle(step(page, /^SMS/))).x).toBeCloseTo(before.x, 0);
});

test.describe('two people, or no connection', () => {
  test.use({ expectedErrors: /ERR_INTERNET_DISCONNECTED|ERR_FAILED|Failed to fetch/ });

  test('what somebody else saved is not overwritten silently', async ({ page, server, context }) => {
    await newJourney(page, server.url, 'Shared');
    const address = page.url();
    const other = await context.newPage();
    await other.goto(address);
    await expect(rows(other)).toHaveCount(1);
    await addAt(other, step(other, /^Entry/), 'Next', 'SMS');
    await expect(saving(other)).toHaveText('Saved');
    await addAt(page, step(page, /^Entry/), 'Next', 'Delay');
    const dialog = page.getByRole('dialog', { name: 'Someone else saved this draft' });
    const side = (name: string) => dialog.getByRole('region', { name });
    await expect(side('What you changed')).toContainText(/Delay.*added/);
    await expect(side('What you changed')).not.toContainText('SMS');
    await expect(side('What they changed')).toContainText(/SMS.*added/);
    await expect(side('What they changed')).toContainText('now leads to');
    await accessible(page);
    await dialog.getByRole('button', { name: 'Keep my version' }).click();
    await expect(saving(page)).toHaveText('Saved');
    await other.reload();
    await expect(row(other, /Delay/)).toBeVisible();
    await expect(row(other, /SMS/)).toHaveCount(0);
  });

  test('who takes theirs carries her own steps over on the clipboard', async ({ page, server, context }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await newJourney(page, server.url, 'Shared');
    const other = await context.newPage();
    await other.goto(page.url());
    await expect(rows(other)).toHaveCount(1);
    await addAt(other, step(other, /^Entry/), 'Next', 'SMS');
    await expect(saving(other)).toHaveText('Saved');
    await page.bringToFront();
    await addAt(page, step(page, /^Entry/), 'Next', 'Delay');
    const dialog = page.getByRole('dialog', { name: 'Someone else saved this draft' });
    await dialog.getByRole('button', { name: 'Copy my steps' }).click();
    await expect(dialog).toContainText('on the clipboard');
    await dialog.getByRole('button', { name: 'Use their version' }).click();
    await expect(row(page, /SMS/)).toBeVisible();
    await step(page, /^Entry/).focus();
    await page.keyboard.press('Control+v');
    await expect(step(page, /^Delay/)).toBeVisible();
    await expect(saving(page)).toHaveText('Saved');
  });

  test('without a connection work is kept, and sent when it is back', async ({ page, server, context }) => {
    await newJourney(page, server.url, 'Offline');
    await context.setOffline(true);
    await addAt(page, step(page, /^Entry/), 'Next', 'SMS');
    await expect(saving(page)).toContainText('no connection');
    await context.setOffline(false);
    await expect(saving(page)).toHaveText('Saved', { timeout: 15_000 });
  });
});

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`looks, ${colorScheme}`, () => {
    test.use({ colorScheme });

    test('every panel is accessible', async ({ page, server }) => {
      await page.goto(`${server.url}/journeys?q=Suspicious`);
      await page.getByRole('link', { name: 'Suspicious payment' }).click();
      await page.getByRole('link', { name: 'Edit' }).click();
      await expect(rows(page).first()).toBeVisible();
      for (const name of ['Settings', /^Checks/, 'Simulation']) {
        await page.getByRole('button', typeof name === 'string' ? { name, exact: true } : { name }).click();
        await accessible(page);
      }
      await step(page, /^Email|^SMS|^Push/).first().click();
      // A trial stays beside the canvas whatever is clicked.
      await page.getByRole('button', { name: 'Step', exact: true }).click();
      await accessible(page);
      await panel(page).getByRole('button', { name: 'Preview and test…' }).click();
      await expect(page.getByRole('dialog')).toContainText('Shown with');
      await accessible(page);
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
      await accessible(page);
    });

    test('what is left to do before publishing, and what two people did, are accessible', async ({ page, server, context }) => {
      await newJourney(page, server.url, 'Windows');
      await addAt(page, step(page, /^Entry/), 'Next', 'SMS');
      await expect(saving(page)).toHaveText('Saved');
      await page.getByRole('button', { name: 'Publish…' }).click();
      await expect(page.getByRole('dialog')).toContainText('Fix these errors before you publish.');
      await accessible(page);
      await page.keyboard.press('Escape');
      const other = await context.newPage();
      await other.goto(page.url());
      await step(other, /^SMS/).click();
      await panel(other).getByLabel('Text', { exact: true }).fill('Theirs');
      await expect(saving(other)).toHaveText('Saved');
      await page.bringToFront();
      await panel(page).getByLabel('Text', { exact: true }).fill('Mine');
      await expect(page.getByRole('dialog', { name: 'Someone else saved this draft' })).toContainText('Theirs');
      await accessible(page);
    });
  });
}

for (const width of [360, 1280]) {
  test.describe(`${width} pixels wide`, () => {
    test.use({ viewport: { width, height: 800 } });

    test('nothing overflows', async ({ page, server }) => {
      await newJourney(page, server.url, 'Narrow');
      await nothingOverflows(page);
      await page.getByRole('button', { name: 'Settings', exact: true }).click();
      await nothingOverflows(page);
    });
  });
}

test.describe('a published journey', () => {
  test.use({ seed: join(import.meta.dirname, '../../docs/examples/welcome.json') });

  test('its texts are changed in place, its figures follow, and a new version takes over', async ({ page, server }) => {
    const key = await newKey(server);
    await page.goto(`${server.url}/journeys`);
    await page.getByRole('link', { name: 'Welcome (example)' }).click();
    await page.getByRole('link', { name: 'Edit' }).click();
    await page.getByRole('button', { name: 'Publish…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Publish' }).click();
    await expect(page).toHaveURL(/\/journeys\/[0-9a-f-]+$/);

    // Figures come by themselves, and lead to the people.
    await page.getByRole('link', { name: 'Edit' }).click();
    await expect(page.getByRole('note')).toContainText('is published');
    await signUp(server, key, 'ada', 'bilal', 'chiara');
    const here = canvas(page).getByRole('button', { name: /^3 came · 3 here at Delay/ });
    await here.click();
    const people = page.getByRole('dialog', { name: 'People at this step' });
    await expect(people.getByRole('link', { name: 'ada' })).toBeVisible();
    await people.getByRole('button', { name: 'Close' }).click();

    // In place: texts, names and how messages are sent, nothing else.
    await row(page, /^Email|Email/).first().click();
    await panel(page).getByLabel('Subject', { exact: true }).fill('Other words');
    await expect(saving(page)).toHaveText('Saved');
    await row(page, /Delay/).first().click();
    await expect(panel(page).getByLabel('Waits', { exact: true })).toBeDisabled();
    await expect(page.getByRole('region', { name: 'Palette' })).toHaveCount(0);
    await page.reload();
    await expect(step(page, /Other words/)).toBeVisible();

    // A new version is a draft of its own, and says what becomes of the people inside.
    await page.getByRole('button', { name: 'New version' }).click();
    await expect(page).toHaveURL(/version=2/);
    await expect(step(page, /Other words/)).toBeVisible();
    await step(page, /^Delay/).first().click();
    await addAt(page, step(page, /^Delay/).first(), 'Next', 'SMS');
    await panel(page).getByLabel('Text', { exact: true }).fill('Hello');
    await expect(saving(page)).toHaveText('Saved');
    await page.getByRole('button', { name: 'Publish…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Publish this version' });
    await expect(dialog).toContainText('3 people are inside of version 1');
    await dialog.getByRole('button', { name: 'Publish' }).click();
    await expect(page).toHaveURL(/\/journeys\/[0-9a-f-]+$/);
    await expect(page.getByText('Restricted').first()).toBeVisible();

    // What became another is told, in the words of the window of two who saved.
    await page.goto(`${page.url()}/compare?from=1&to=2`);
    await expect(page.getByRole('region', { name: 'From version 1 to version 2' })).toContainText(/SMS.* added/);
    await accessible(page);
  });

  test('how a message is sent and the headers of a webhook are edited in place, and other fields say why not', async ({ page, server }) => {
    await page.goto(`${server.url}/journeys`);
    await page.getByRole('link', { name: 'Welcome (example)' }).click();
    await page.getByRole('link', { name: 'Edit' }).click();
    await addAt(page, step(page, /^Delay/).first(), 'Next', 'Webhook');
    await panel(page).getByLabel('Address', { exact: true }).fill('https://example.com/told');
    await panel(page).getByRole('button', { name: 'Add a header' }).click();
    await panel(page).getByLabel('Header', { exact: true }).fill('X-Sender');
    await expect(saving(page)).toHaveText('Saved');
    await page.getByRole('button', { name: 'Publish…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Publish' }).click();
    await expect(page).toHaveURL(/\/journeys\/[0-9a-f-]+$/);

    await page.getByRole('link', { name: 'Edit' }).click();
    await row(page, /Webhook/).first().click();
    await panel(page).getByLabel('Header', { exact: true }).fill('X-Shop');
    await panel(page).getByLabel('Ignores frequency caps').check();
    const method = panel(page).getByLabel('Method', { exact: true });
    await expect(method).toBeDisabled();
    await expect(method).toHaveAccessibleDescription(/is published.*create a new version/);
    await expect(saving(page)).toHaveText('Saved');
    await accessible(page);

    await page.reload();
    await row(page, /Webhook/).first().click();
    await expect(panel(page).getByLabel('Header', { exact: true })).toHaveValue('X-Shop');
    await expect(panel(page).getByLabel('Ignores frequency caps')).toBeChecked();
  });

  test('a trial shows the way of a person, and a replay what would have happened', async ({ page, server }) => {
    const key = await newKey(server);
    await signUp(server, key, 'ada', 'bilal');
    await page.goto(`${server.url}/journeys`);
    await page.getByRole('link', { name: 'Welcome (example)' }).click();
    await page.getByRole('link', { name: 'Edit' }).click();
    await page.getByRole('button', { name: 'Simulation' }).click();
    await panel(page).getByRole('button', { name: 'Simulate', exact: true }).click();
    await expect(page.getByRole('list', { name: 'Steps of the simulation' }).getByRole('listitem').first()).toBeVisible();
    await expect(canvas(page).locator('.step-trail').first()).toBeVisible();
    await accessible(page);
    await panel(page).getByRole('button', { name: 'Replay' }).click();
    await expect(panel(page)).toContainText('Would have entered');
    await expect(canvas(page).getByText('2 would enter').first()).toBeVisible();
  });
});

test.describe('an example of ours', () => {
  test.use({ seed: join(import.meta.dirname, '../../docs/examples/abandoned-cart.json') });

  test('a trial says what happens later, and in what it differs from the event that let her in', async ({ page, server }) => {
    await page.goto(`${server.url}/journeys`);
    await page.getByRole('link', { name: 'Abandoned cart (example)' }).click();
    await page.getByRole('link', { name: 'Edit', exact: true }).click();
    // Whoever orders anything has met its goal; here only her cart counts.
    await page.getByRole('button', { name: 'Settings', exact: true }).click();
    await panel(page).getByRole('button', { name: 'Remove this goal' }).click();
    await page.getByRole('button', { name: 'Simulation' }).click();
    const entry = panel(page).getByRole('group', { name: 'Properties of the entry event' });
    await entry.getByRole('button', { name: 'Add a property' }).click();
    await entry.getByLabel('Property', { exact: true }).fill('cart_id');
    await entry.getByRole('textbox', { name: /^Value/ }).fill('42');
    await expect(entry).toContainText('a number');
    const later = panel(page).getByRole('group', { name: 'Later events' });
    await later.getByRole('button', { name: 'Add an event' }).click();
    await later.getByLabel('Event', { exact: true }).fill('Order Completed');
    await later.getByLabel('After').fill('30');
    await later.getByLabel('Unit').selectOption('minutes');
    const log = page.getByRole('list', { name: 'Steps of the simulation' });
    const run = panel(page).getByRole('button', { name: 'Simulate', exact: true });

    // The same cart: she bought it.
    await run.click();
    await expect(log).toContainText('path Yes');
    // Another cart: a reminder is sent of this one.
    const differences = later.getByRole('group', { name: 'Properties that differ' });
    await differences.getByRole('button', { name: 'Add a property' }).click();
    await differences.getByLabel('Property', { exact: true }).fill('cart_id');
    await differences.getByRole('textbox', { name: /^Value/ }).fill('43');
    await run.click();
    await expect(log).toContainText('path Timed out');
    await accessible(page);
    // Without any cart: the same.
    await differences.getByRole('textbox', { name: /^Value/ }).fill('');
    await expect(differences).toContainText('none');
    await differences.getByRole('textbox', { name: /^Value/ }).fill('42');
    await run.click();
    await expect(log).toContainText('path Yes');
  });
});
