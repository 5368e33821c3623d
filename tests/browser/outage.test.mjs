/**
 * The server is gone: every page says so, keeps what was being done, and goes on when it is back. All
 * pages lose it in the same moment, because each waits fifteen seconds before it says so.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { line } from './line.mjs';
import { button, look, open, useBrowser } from './pages.mjs';
import { emptyHall, issue, officer, receive, site, until, votesTaken } from './site.mjs';

useBrowser();

const SILENCE = { timeout: 25_000 };
const pages = {};
const closing = [];
let wires;

/** For what is opened before the tests and closed after the last one. */
const atTheEnd = (close) => closing.push(close);
const whole = (name) => ({ name: `outage-${name}`, after: atTheEnd });

before(async () => {
  await emptyHall();
  const own = await officer('officer-1');
  await own.at(1, 'open');
  await issue('ho-tich');
  await issue('ho-tich');
  await own.at(1, 'call-next');
  await receive('officer-1', 1, { name: 'BÙI VĂN SÁU' });

  const [toCenter, toHub, dumb] = await Promise.all([line(atTheEnd), line(atTheEnd, site.hub), line(atTheEnd)]);
  wires = { toCenter, toHub, dumb };
  pages.hall = await open(whole('hall'), 'hall', { address: dumb.address(site.pages.hall) });
  pages.kiosk = await open(whole('kiosk'), 'kiosk', { address: toCenter.address(site.pages.kiosk) });
  pages.tablet = await open(whole('tablet'), 'tablet', { address: toCenter.address(site.pages.tablet) });
  pages.desk = await open(whole('desk'), 'console', { address: toCenter.address(`${site.base}/console#reception`), storage: { 'motcua.counter.console': '1' } });
  pages.fleet = await open(whole('fleet'), 'fleet', { address: toHub.address(`${site.hub}/fleet`) });
  for (const [page, name] of [[pages.desk, 'officer-1'], [pages.fleet, 'tinh']]) {
    await page.getByLabel('Tên đăng nhập').fill(name);
    await page.getByLabel('Mật khẩu').fill(site.password);
    await page.keyboard.press('Enter');
  }
  await pages.desk.getByLabel('Họ và tên').fill('ĐỖ THỊ THU');
  await pages.fleet.getByRole('row').filter({ hasText: 'Hà Tu' }).waitFor();
  await pages.hall.locator('.now-line').waitFor();
  await button(pages.kiosk, 'Chạm vào màn hình để bắt đầu').waitFor();
  await button(pages.tablet, 'Rất hài lòng').waitFor();

  await toCenter.cut();
  await toHub.cut();
  // Half open, as with a switch that has lost its power: nothing closes, nothing comes.
  await dumb.hang();
});
after(async () => {
  for (const close of closing) await close();
});

const given = votesTaken;
let votes;

test('a_desk_says_that_an_order_did_not_arrive', async () => {
  await pages.desk.keyboard.press('F4');
  await pages.desk.locator('.toasts').getByText('Không kết nối được máy chủ trung tâm.').waitFor(SILENCE);
});

test('a_hall_that_hears_nothing_says_from_when_its_numbers_are', async () => {
  await pages.hall.getByText(/Số liệu lúc \d\d:\d\d\. Vui lòng nghe cán bộ gọi số\./).waitFor(SILENCE);
  await look(pages.hall, 'hall-stale');
});

test('a_kiosk_that_hears_nothing_sends_to_the_guide', async () => {
  await pages.kiosk.getByText('Máy lấy số tạm gián đoạn').waitFor(SILENCE);
  await look(pages.kiosk, 'kiosk-stale');
});

test('a_tablet_that_hears_nothing_says_so_and_keeps_a_vote', async () => {
  await pages.tablet.getByText(/Mất kết nối từ \d\d:\d\d\. Đánh giá sẽ được gửi khi có kết nối lại\./).waitFor(SILENCE);
  await look(pages.tablet, 'tablet-stale');
  votes = await given();
  await button(pages.tablet, /^Hài lòng$/).click();
  await pages.tablet.getByText(/Đánh giá được giữ ở máy này và tự gửi khi có kết.nối\./).waitFor(SILENCE);
  await look(pages.tablet, 'tablet-kept');
  // The center still shows the token as open: it must not ask the next one the same question again.
  await pages.tablet.getByText('Chưa có lượt đánh giá. Xin chờ cán bộ mở.').waitFor(SILENCE);
  // The tablet is switched off while the box is away.
  pages.tabletContext = pages.tablet.context();
  await pages.tablet.close();
});

test('a_desk_that_hears_nothing_says_since_when', async () => {
  await pages.desk.getByText(/Mất kết nối với máy chủ trung tâm từ \d\d:\d\d; đang kết nối lại\./).waitFor(SILENCE);
  await look(pages.desk, 'console-stale');
});

test('the_province_sees_that_its_numbers_are_old', async () => {
  await pages.fleet.getByText(/Không có trả lời từ máy chủ tỉnh\. Số liệu lúc/).waitFor(SILENCE);
  await look(pages.fleet, 'fleet-stale');
});

test('every_page_goes_on_when_the_server_is_back', async () => {
  const own = await officer('officer-1');
  for (const verb of ['begin', 'complete']) await own.at(1, verb);
  const { ticket } = await own.at(1, 'call-next');
  const row = pages.hall.locator('.counters li').filter({ hasText: ticket.label });
  assert.equal(await row.count(), 0);
  for (const wire of Object.values(wires)) await wire.mend();

  await pages.hall.getByText('Mời đến đúng quầy khi số được gọi.').waitFor(SILENCE);
  await row.waitFor();
  await button(pages.kiosk, 'Chạm vào màn hình để bắt đầu').waitFor(SILENCE);
  // Switched on again it brings the vote by itself, once.
  const tablet = await pages.tabletContext.newPage();
  await tablet.goto(wires.toCenter.address(new URL(site.pages.tablet, site.base).href));
  await until('the kept vote has arrived', async () => (await given()) === votes + 1, 20_000);
  await tablet.getByText('Chưa có lượt đánh giá. Xin chờ cán bộ mở.').waitFor(SILENCE);
  await tablet.reload();
  await tablet.getByText('Chưa có lượt đánh giá. Xin chờ cán bộ mở.').waitFor(SILENCE);
  assert.equal(await given(), votes + 1);
  await pages.desk.getByText(/Mất kết nối với máy chủ trung tâm/).waitFor({ state: 'detached', ...SILENCE });
  assert.equal(await pages.desk.getByLabel('Họ và tên').inputValue(), 'ĐỖ THỊ THU');
  await pages.desk.locator('.ticket-label').getByText(ticket.label).waitFor();
  await pages.fleet.getByText(/Không có trả lời từ máy chủ tỉnh/).waitFor({ state: 'detached', ...SILENCE });
});
