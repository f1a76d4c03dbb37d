// What a page complains about. A test fails on any complaint that it did not announce.
import { expect, type Page } from '@playwright/test';

export class ErrorWatch {
  #expected: RegExp[] = [];
  #seen: string[] = [];

  /** Listens to a further page; the test's own `page` is watched already. */
  watch(page: Page): void {
    page.on('pageerror', (error) => this.#seen.push(`uncaught: ${error.stack ?? error.message}`));
    page.on('console', (message) => {
      if (message.type() !== 'error') return;
      const { url } = message.location();
      this.#seen.push(url === '' ? message.text() : `${message.text()} (${url})`);
    });
  }

  /**
   * Announces a complaint that belongs to the test, for example a request that is meant to fail:
   * `errors.expect(/status of 409/)`. The text ends with the address in parentheses, so that can be matched too.
   */
  expect(pattern: RegExp): void {
    this.#expected.push(pattern);
  }

  /** Called at the end of each test. */
  verify(): void {
    const unexpected = this.#seen.filter((text) => !this.#expected.some((pattern) => pattern.test(text)));
    expect(unexpected, 'the page must not log errors').toEqual([]);
  }
}
