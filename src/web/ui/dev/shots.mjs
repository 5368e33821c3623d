/**
 * Pictures of every surface in every state, from the development server: `npm run mock` in one shell,
 * `npm run shots -- FOLDER [NAME...]` in another. Each picture is also looked at by axe.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { chromium } from 'playwright-core';
import { scenes } from './scenes.mjs';

const [folder = 'shots', ...wanted] = process.argv.slice(2);
const origin = `http://127.0.0.1:${process.env.MOCK_PORT ?? 8780}`;
mkdirSync(folder, { recursive: true });

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const set = (change) => fetch(`${origin}/mock`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(change) });
const calm = { scene: 'busy', silent: false, down: false, printer: 'ok', uplink: 'online', device_refused: false, session: true, vote_refused: false, calling: false, card: false, stage: null, clock: 'ok', role: 'officer', hall_counters: 0 };

let bad = 0;
for (const [name, { path, size, before = {}, counter, steps }] of Object.entries(scenes)) {
  if (wanted.length > 0 && !wanted.some((part) => name.startsWith(part))) continue;
  await set({ ...calm, ...before });
  const context = await browser.newContext({ viewport: { width: size[0], height: size[1] }, locale: 'vi-VN', timezoneId: 'Asia/Ho_Chi_Minh' });
  if (counter) await context.addInitScript((number) => localStorage.setItem('motcua.counter.console', String(number)), counter);
  const page = await context.newPage();
  const said = [];
  page.on('console', (message) => /Content.Security|Warning|React/.test(message.text()) && said.push(message.text()));
  page.on('pageerror', (error) => said.push(String(error)));
  try {
    await page.goto(origin + path);
    await page.waitForTimeout(500);
    if (steps) await steps(page, set);
    // The call's flashing is over by then.
    await page.waitForTimeout(path.startsWith('/hall') ? 1600 : 350);
    await page.screenshot({ path: join(folder, `${name}.png`) });
    const { violations } = await new AxeBuilder({ page }).analyze();
    for (const one of violations) said.push(`axe ${one.id}: ${one.nodes.slice(0, 3).map((node) => node.target.join(' ')).join(' | ')}`);
  } catch (error) {
    said.push(String(error).split('\n').slice(0, 6).join('\n'));
    await page.screenshot({ path: join(folder, `${name}.png`) }).catch(() => undefined);
  }
  bad += said.length;
  console.log(said.length === 0 ? `${name} ok` : `${name}\n  ${said.join('\n  ')}`);
  await context.close();
}
await set(calm);
await browser.close();
process.exit(bad === 0 ? 0 : 1);
