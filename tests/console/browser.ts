/** Headless Chromium, and what every page must keep to. */
import assert from 'node:assert/strict';
import { chromium, type Browser, type Page } from 'playwright-core';

const kChromium = process.env.PAI_CHROMIUM ?? '/usr/bin/chromium';

export async function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: kChromium,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

export interface Look {
  width?: number;
  dark?: boolean;
  locale?: string;
}

/** A page that fails the test when a script fails, the policy is broken, or anything but the master is asked. */
export class Watched {
  readonly urls: string[] = [];
  private readonly wrong: string[] = [];

  private constructor(readonly page: Page, private readonly base: string) {
    page.on('pageerror', (error) => this.wrong.push(error.message));
    // An answer 4xx is a line of its own in the console; anything else is a fault of ours.
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) this.wrong.push(message.text());
    });
    page.on('request', (request) => this.urls.push(request.url()));
  }

  static async open(browser: Browser, base: string, look: Look = {}): Promise<Watched> {
    const page = await browser.newPage({
      viewport: { width: look.width ?? 1280, height: 800 },
      colorScheme: look.dark ? 'dark' : 'light',
      locale: look.locale ?? 'en-US',
    });
    page.setDefaultTimeout(20_000);
    return new Watched(page, base);
  }

  async goto(place: string): Promise<void> {
    await this.page.goto(`${this.base}/${place}`);
  }

  async close(): Promise<void> {
    await this.page.close();
    assert.deepEqual(this.wrong, []);
    for (const url of this.urls) assert.ok(url.startsWith(`${this.base}/`), `asked elsewhere: ${url}`);
  }
}
