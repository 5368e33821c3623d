/** The browser that tests and figures use. */
import { createRequire } from 'node:module';

// The browser side's own packages: there is no second installation.
const { chromium } = createRequire(new URL('../../src/web/ui/package.json', import.meta.url))('playwright-core');

export const startBrowser = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
  });
