/**
 * Pages in a browser: how one is opened, what it may not say (an error in its console, a breach of the
 * content policy, a file that is not there), how a state is looked at: by axe, and as a picture in
 * target/screenshots for a person.
 */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startBrowser } from './chromium.mjs';
import { site } from './site.mjs';

// The browser side's own packages: there is no second installation.
const require = createRequire(new URL('../../src/web/ui/package.json', import.meta.url));
const { AxeBuilder } = require('@axe-core/playwright');

const pictures = process.env.MOTCUA_SCREENSHOTS ?? fileURLToPath(new URL('../../target/screenshots', import.meta.url));
mkdirSync(pictures, { recursive: true });

export const SIZE = { console: [1366, 768], hall: [1920, 1080], kiosk: [1280, 800], tablet: [1280, 800], counter: [1366, 768], fleet: [1366, 768], public: [390, 844], booking: [390, 844] };

/** One for a test file, from its first page on. */
let browser;

/** Closes a test file's browser after its last test; to be said once, outside of the tests. */
export function useBrowser() {
  after(async () => (await browser)?.close());
}

/**
 * Opens a page. `address` is absolute, or a path at the center. The page's complaints are held against
 * it when the test ends; a refusal that the test provokes is none, because it has its sentence.
 */
export async function open(t, surface, { address = site.pages[surface], storage = {}, prepare, size = SIZE[surface] } = {}) {
  const [width, height] = size;
  browser ??= startBrowser();
  const context = await (await browser).newContext({
    viewport: { width, height },
    ignoreHTTPSErrors: true,
    locale: 'vi-VN',
    timezoneId: 'Asia/Ho_Chi_Minh',
    reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(10_000);
  await context.addInitScript((given) => {
    for (const [name, value] of Object.entries(given)) localStorage.setItem(name, value);
  }, storage);
  const page = await context.newPage();
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    // The browser's own notes about an answer's status or a cut line; `response` below judges those.
    const note = /^Failed to load resource|^WebSocket connection to/.test(message.text());
    if ((message.type() === 'error' || message.type() === 'warning') && !note) complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on('response', (response) => {
    const { pathname } = new URL(response.url());
    const ours = !pathname.startsWith('/api/') && pathname !== '/live';
    if (response.status() >= 500 || (ours && response.status() >= 400)) complaints.push(`${response.status()} ${pathname}`);
  });
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    const local = ['data:', 'blob:'].includes(protocol) || [site.base, site.neighbour.base, site.hub, new URL(address, site.base).origin].includes(origin);
    if (!local) complaints.push(`a request leaves the LAN: ${request.url()}`);
  });
  t.after(async () => {
    // What stood there when it failed, for whoever looks for the reason.
    if (!t.passed) await page.screenshot({ path: `${pictures}/at-the-end/${t.name}.png` }).catch(() => undefined);
    await context.close();
    assert.deepEqual(complaints, [], 'the page complained');
  });
  if (prepare) await prepare(page, context);
  await page.goto(new URL(address, site.base).href);
  return page;
}

/** Looks at a state: nothing that axe finds, nothing that sticks out of the screen, a picture. */
export async function look(page, name) {
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: `${pictures}/${name}.png` });
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => `${node.target.join(' ')} (${node.any[0]?.message ?? node.all[0]?.message ?? ''})`).join(' | ')}`);
  assert.deepEqual(found, [], `${name}: axe`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${name}: ${wide} pixels wider than the screen`);
}

export const button = (page, name) => page.getByRole('button', { name });

/** Logs in at the console and stands at a counter. */
export async function desk(t, login, counter, { hash = 'queue', prepare } = {}) {
  const storage = counter === null ? {} : { 'motcua.counter.console': String(counter) };
  const page = await open(t, 'console', { address: `/console#${hash}`, storage, prepare });
  await page.getByLabel('Tên đăng nhập').fill(login);
  await page.getByLabel('Mật khẩu').fill(site.password);
  await page.keyboard.press('Enter');
  await page.getByRole('navigation').waitFor();
  return page;
}

/** The pages of the console by their keys in the address. */
export const goTo = (page, name) => page.getByRole('navigation').getByRole('link', { name }).click();
