/**
 * A hall's screen in Chromium: opens an address, and prints a JSON line for each change of the numbers at
 * the counters, with the moment at which they stood in the page. Ends when its standard input does.
 *   node screen.mjs ADDRESS
 */
import { startBrowser } from '../browser/chromium.mjs';

const browser = await startBrowser();
const page = await browser.newPage({
  viewport: { width: 1920, height: 1080 },
  ignoreHTTPSErrors: true,
  locale: 'vi-VN',
  timezoneId: 'Asia/Ho_Chi_Minh',
});
page.on('pageerror', (error) => {
  console.error(`screen: ${error}`);
  process.exitCode = 1;
});
await page.exposeFunction('say', (line) => process.stdout.write(`${JSON.stringify(line)}\n`));
await page.addInitScript(() => {
  let before;
  const look = () => {
    // One clock read twice: finely since the page began, and as it is set now. The later reading counts.
    const at_ms = Math.max(performance.timeOrigin + performance.now(), Date.now());
    if (!document.querySelector('.counters')) return;
    const shown = [...document.querySelectorAll('.counters .label')].map((label) => label.textContent).join(' ');
    if (shown === before) return;
    before = shown;
    globalThis.say({ at_us: Math.ceil(at_ms * 1000), shown });
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true });
});
await page.goto(process.argv[2]);
await new Promise((ended) => process.stdin.on('end', ended).on('error', ended).resume());
await browser.close();
