import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { look, open, useBrowser } from './pages.mjs';
import { emptyHall, issue, officer, site, until } from './site.mjs';

const COUNTER = 3;
const SERVICE = 'xa-hoi';
let desk;
let called;

useBrowser();
before(async () => {
  await emptyHall();
  desk = await officer('officer-3');
});

const large = (page) => page.locator('.now-line');

test('before_the_first_call_the_hall_says_where_to_take_a_number', async (t) => {
  const page = await open(t, 'hall', { address: site.neighbour.pages.hall });
  await page.getByText('Chưa có số nào được gọi').waitFor();
  await page.getByText('Trung tâm Phục vụ hành chính công phường Hà Tu').waitFor();
  await look(page, 'hall-empty');
});

test('a_call_stands_on_the_screen_at_once_and_in_the_list', async (t) => {
  const page = await open(t, 'hall');
  await page.getByText('Số tiếp theo').waitFor();
  await desk.at(COUNTER, 'open');
  called = await issue(SERVICE);
  const next = await issue(SERVICE);
  await page.locator('.next').getByText(next.label).waitFor();

  await desk.at(COUNTER, 'call-next');
  await until('the call stands large', async () => (await large(page).innerText()).replace(/\s+/g, ' ') === `MỜI SỐ ${called.label} ĐẾN QUẦY ${COUNTER}`, 2_000);
  await page.locator('.counters li').filter({ hasText: called.label }).waitFor();
  assert.equal(await page.locator('.next').getByText(called.label).count(), 0);
  await look(page, 'hall-calling');
});

test('a_full_hall_fits_the_screen', async (t) => {
  for (const service of ['ho-tich', 'dat-dai', 'khac', 'tra-ket-qua', 'xa-hoi']) {
    for (let n = 0; n < 3; n += 1) await issue(service, n === 2 ? 'elderly' : undefined);
  }
  for (const counter of [1, 2, 4]) {
    const other = await officer(`officer-${counter}`);
    await other.at(counter, 'open');
    await other.at(counter, 'call-next');
  }
  await (await officer('officer-4')).at(4, 'begin');
  await (await officer('officer-4')).at(4, 'complete');
  await (await officer('officer-4')).at(4, 'pause', { reason: 'short_break' });
  const page = await open(t, 'hall');
  await page.locator('.counters').getByText('Tạm dừng').waitFor();
  await page.locator('.next li').nth(3).waitFor();
  await look(page, 'hall-busy');
  const english = await open(t, 'hall', { address: site.pages.hall.replace('#', '?lang=en#') });
  await english.getByText('Next numbers').or(english.getByText('Next')).first().waitFor();
  await look(english, 'hall-english');
});

test('a_screen_without_a_token_says_how_to_get_one', async (t) => {
  const page = await open(t, 'hall', { address: '/hall' });
  await page.getByText('Thiết bị chưa được đăng ký').waitFor();
  await page.getByText('motcua device token --role hall').waitFor();
  await look(page, 'hall-no-token');
});

test('a_screen_whose_token_is_not_good_says_so', async (t) => {
  const page = await open(t, 'hall', { address: '/hall#token=not-one-of-ours' });
  await page.getByText('Mã thiết bị không còn hiệu lực').waitFor();
  assert.ok(!page.url().includes('token'), 'the token stays in the address');
  await look(page, 'hall-refused');
});

test('a_recalled_number_stands_large_again', async (t) => {
  const page = await open(t, 'hall');
  await large(page).waitFor();
  await page.locator('.now').evaluate((node) => node.setAttribute('data-before', ''));
  await until('the number may be called again', () => desk.at(COUNTER, 'recall'), 25_000);
  await until('it stands large', async () => (await large(page).innerText()).includes(called.label));
  assert.equal(await page.locator('.now[data-before]').count(), 0, 'the line is drawn anew, so that it flashes');
});
