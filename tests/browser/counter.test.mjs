/** The screen over counter 2 through a day: closed, open, calling, serving, paused; and without its center. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { line } from './line.mjs';
import { button, look, open, useBrowser } from './pages.mjs';
import { emptyHall, issue, officer, site, until } from './site.mjs';

const COUNTER = 1;
const SERVICE = 'ho-tich';
const SIZES = [[1366, 768], [1920, 1080], [1024, 600], [600, 960]];
let desk;
let called;

useBrowser();
before(async () => {
  await emptyHall();
  desk = await officer(`officer-${COUNTER}`);
});

const board = (page) => page.locator('.board');

test('a_counter_s_screen_follows_its_counter_and_flashes_at_a_recall', async (t) => {
  const page = await open(t, 'counter');
  await board(page).getByText('ĐÓNG').waitFor();
  await page.locator('.where').getByText(String(COUNTER), { exact: true }).waitFor();
  await page.locator('.services').getByText('Hộ tịch').waitFor();
  await look(page, 'counter-closed');
  await desk.at(COUNTER, 'open');
  await board(page).getByText('SẴN SÀNG').waitFor();
  await look(page, 'counter-free');

  await issue(SERVICE);
  called = (await desk.at(COUNTER, 'call-next')).ticket;
  await page.locator('.board.calling .label').getByText(called.label).waitFor();
  await board(page).evaluate((node) => node.setAttribute('data-before', ''));
  await look(page, 'counter-calling');
  await until('the number may be called again', () => desk.at(COUNTER, 'recall'), 25_000);
  await until('it is drawn anew, so that it flashes', async () => (await page.locator('.board[data-before]').count()) === 0);

  await desk.at(COUNTER, 'begin');
  await board(page).getByText('ĐANG PHỤC VỤ SỐ').waitFor();
  await look(page, 'counter-serving');
  await desk.at(COUNTER, 'complete');
  await desk.at(COUNTER, 'pause', { reason: 'meeting' });
  await board(page).getByText('TẠM DỪNG').waitFor();
  await board(page).getByText('Cán bộ đang họp').waitFor();
  await look(page, 'counter-paused');
  await desk.at(COUNTER, 'open');
});

test('the_number_fills_every_screen_and_is_cut_on_none', async (t) => {
  await issue(SERVICE);
  const { ticket } = await desk.at(COUNTER, 'call-next');
  for (const size of SIZES) {
    const page = await open(t, 'counter', { size });
    await page.locator('.board.calling .label').getByText(ticket.label).waitFor();
    await look(page, `counter-${size.join('x')}`);
    const { outside, share } = await page.evaluate(() => {
      const label = document.querySelector('.label').getBoundingClientRect();
      const frame = document.querySelector('.board').getBoundingClientRect();
      const outside = label.left < frame.left || label.right > frame.right || label.top < frame.top || label.bottom > frame.bottom;
      return { outside, share: label.width / frame.width };
    });
    assert.ok(!outside, `cut at ${size.join('x')}`);
    assert.ok(share > 0.35, `the number takes ${share} of the width at ${size.join('x')}`);
  }
  await desk.at(COUNTER, 'begin');
  await desk.at(COUNTER, 'complete');
});

test('a_screen_that_knows_no_counter_asks_and_remembers', async (t) => {
  const { hash } = new URL(site.pages.counter);
  const token = new URLSearchParams(hash.slice(1)).get('token');
  const page = await open(t, 'counter', { address: `/counter#token=${token}` });
  await page.getByText('Màn hình này ở quầy nào?').waitFor();
  await look(page, 'counter-which');
  await button(page, `Quầy ${COUNTER}`).click();
  await board(page).waitFor();
  await page.reload();
  await board(page).waitFor();
  const wrong = await open(t, 'counter', { address: `/counter#counter=98&token=${token}` });
  await wrong.getByText('Không có quầy 98').waitFor();
  await look(wrong, 'counter-unknown');
});

test('a_counter_s_screen_without_a_good_token_says_how_to_get_one', async (t) => {
  const page = await open(t, 'counter', { address: '/counter' });
  await page.getByText('motcua device token --role counter --counter 1').waitFor();
  await look(page, 'counter-no-token');
  const refused = await open(t, 'counter', { address: '/counter#counter=2&token=not-one-of-ours' });
  await refused.getByText('Mã thiết bị không còn hiệu lực').waitFor();
  await look(refused, 'counter-refused');
});

test('a_counter_s_screen_that_hears_nothing_says_so_and_goes_on_by_itself', async (t) => {
  const closing = [];
  const wire = await line((close) => closing.push(close));
  try {
    const page = await open(t, 'counter', { address: wire.address(site.pages.counter) });
    await board(page).getByText('SẴN SÀNG').waitFor();
    await wire.cut();
    await page.getByText(/Số liệu lúc \d\d:\d\d\. Vui lòng nghe cán bộ gọi số\./).waitFor({ timeout: 25_000 });
    await look(page, 'counter-stale');
    await issue(SERVICE);
    const { ticket } = await desk.at(COUNTER, 'call-next');
    await wire.mend();
    await page.locator('.board.calling .label').getByText(ticket.label).waitFor({ timeout: 25_000 });
    assert.equal(await page.locator('.counter.is-stale').count(), 0);
  } finally {
    for (const close of closing) await close();
    await emptyHall();
  }
});

test('the_hall_s_languages_are_the_counter_s', async (t) => {
  const page = await open(t, 'counter', { address: site.pages.counter.replace('#', '?lang=en#') });
  await board(page).getByText('CLOSED').waitFor();
  await look(page, 'counter-english');
});
