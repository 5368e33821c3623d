/** A kiosk, a screen and a tablet are let in by the code on their page, and put out at the console while they are open. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { button, desk, look, open, useBrowser } from './pages.mjs';
import { emptyHall, officer, ticketNamed, until } from './site.mjs';

const KIOSK = 'Máy lấy số cửa chính';
const made = new Set();

useBrowser();
before(emptyHall);
after(async () => {
  const head = await officer('giam-doc');
  for (const { device, title } of await head.get('/paired')) if (made.has(title)) await head.post(`/paired/${device}/revoke`, {});
});

/** The code on a page, as one word. */
async function codeOn(page) {
  await page.locator('.pair-code').waitFor();
  const code = (await page.locator('.pair-code').innerText()).replace(/\s/g, '');
  assert.match(code, /^[ACDEFHJKMNPQRTVWXY3479]{6}$/);
  return code;
}

const halves = (code) => `${code.slice(0, 3)} ${code.slice(3)}`;
const device = (page, title) => page.locator('.pairing-list li').filter({ hasText: title });

test('a_kiosk_is_let_in_by_its_code_gives_a_number_and_is_put_out_while_open', async (t) => {
  const kiosk = await open(t, 'kiosk', { address: '/kiosk' });
  await kiosk.getByText('Thiết bị chưa được đăng ký').waitFor();
  const code = await codeOn(kiosk);
  await look(kiosk, 'kiosk-pairing');
  await kiosk.reload();
  assert.equal(await codeOn(kiosk), code, 'a page that is loaded anew goes on with its code');

  const console_ = await desk(t, 'giam-doc', null, { hash: 'devices' });
  await device(console_, halves(code)).getByText('Máy lấy số').waitFor();
  await look(console_, 'console-pairing');
  const find = console_.locator('.pairing-find');
  await find.getByLabel('Mã trên màn hình thiết bị').fill('zzz 000');
  await find.getByRole('button').click();
  await console_.getByText('Không có thiết bị nào đang chờ với mã ZZZ 000.').waitFor();
  await find.getByLabel('Mã trên màn hình thiết bị').fill(`${code.slice(0, 3).toLowerCase()}-${code.slice(3)}`);
  await find.getByRole('button').click();
  await console_.getByText(`Ghép thiết bị đang hiện mã ${halves(code)}`).waitFor();
  assert.ok(await button(console_, 'Ghép thiết bị').isDisabled(), 'without a name');
  made.add(KIOSK);
  await console_.getByLabel('Tên thiết bị').fill(KIOSK);
  await look(console_, 'console-pairing-approve');
  await button(console_, 'Ghép thiết bị').click();
  await console_.getByText(`Đã ghép ${KIOSK}.`).waitFor();

  await button(kiosk, 'Chạm vào màn hình để bắt đầu').click();
  await button(kiosk, /Hộ tịch, tư pháp/).click();
  await button(kiosk, 'Không, lấy số thường').click();
  await kiosk.getByText('Mời lấy phiếu').waitFor();
  assert.equal((await ticketNamed(await kiosk.locator('.number').innerText())).state, 'waiting');

  const row = device(console_, KIOSK);
  await row.getByText(/thấy lần cuối \d\d:\d\d/).waitFor();
  await row.getByRole('button', { name: /^Thu hồi/ }).click();
  await console_.getByText(`Thu hồi ${KIOSK}?`).waitFor();
  await look(console_, 'console-pairing-revoke');
  // Whoever came here by mistake goes back by Escape, and nothing has happened.
  await console_.keyboard.press('Escape');
  await console_.getByText(`Thu hồi ${KIOSK}?`).waitFor({ state: 'detached' });
  await row.getByRole('button', { name: /^Thu hồi/ }).click();
  await button(console_, 'Thu hồi thiết bị này').click();
  await console_.getByText(`Đã thu hồi ${KIOSK}.`).waitFor();
  await row.waitFor({ state: 'detached' });

  // The open page says so at once, and asks again only when somebody wants that.
  await kiosk.getByText('Mã thiết bị không còn hiệu lực').waitFor();
  await kiosk.getByText('Thiết bị này đã bị thu hồi.').waitFor();
  await look(kiosk, 'kiosk-put-out');
  await button(kiosk, 'Xin ghép lại').click();
  const again = await codeOn(kiosk);
  assert.notEqual(again, code);
  await button(console_, `Không duyệt ${halves(again)}`).click();
  await kiosk.getByText('Yêu cầu ghép thiết bị không được duyệt.').waitFor();
  await look(kiosk, 'kiosk-pairing-refused');
});

test('a_tablet_takes_the_counter_that_it_was_given_and_not_the_one_in_its_address', async (t) => {
  const tablet = await open(t, 'tablet', { address: '/tablet?counter=1' });
  const code = await codeOn(tablet);
  await look(tablet, 'tablet-pairing');
  const title = 'Máy tính bảng quầy 2';
  made.add(title);
  await (await officer('giam-doc')).post(`/pairings/${code}/approve`, { title, counter: 2 });
  await tablet.locator('.tablet').waitFor();
  assert.equal(await tablet.evaluate(() => localStorage.getItem('motcua.counter.tablet')), '2');
  assert.ok(!tablet.url().includes('counter'), tablet.url());
});

test('a_counter_s_screen_is_let_in_for_its_counter', async (t) => {
  const screen = await open(t, 'counter', { address: '/counter' });
  const code = await codeOn(screen);
  await look(screen, 'counter-pairing');
  const title = 'Màn hình quầy 2';
  made.add(title);
  const console_ = await desk(t, 'giam-doc', null, { hash: 'devices' });
  await button(console_, `Duyệt ${halves(code)}`).first().click();
  await console_.getByLabel('Tên thiết bị').fill(title);
  assert.ok(await button(console_, 'Ghép thiết bị').isDisabled(), 'without a counter');
  await console_.getByRole('dialog').getByLabel('Quầy').selectOption('2');
  await button(console_, 'Ghép thiết bị').click();
  await screen.locator('.where').getByText('2', { exact: true }).waitFor();
});

test('a_hall_screen_shows_its_code_large_and_goes_on_by_itself_when_its_code_is_over', async (t) => {
  let over = false;
  const hall = await open(t, 'hall', {
    address: '/hall?sound=off',
    prepare: (page) =>
      page.route('**/api/v1/pairings/claim', (route) =>
        over ? route.fulfill({ status: 404, json: { code: 'pairing.unknown_claim', message: '', message_en: '' } }) : route.continue(),
      ),
  });
  const code = await codeOn(hall);
  await look(hall, 'hall-pairing');
  over = true;
  await until('another code', async () => (await codeOn(hall)) !== code);
  over = false;
  const title = 'Màn hình thử';
  made.add(title);
  await until('the code that is shown is let in', async () => {
    const shown = await codeOn(hall);
    await (await officer('giam-doc')).post(`/pairings/${shown}/approve`, { title });
    return true;
  });
  await hall.locator('.hall').waitFor();
  assert.ok(hall.url().includes('sound=off'), 'what else stands in the address stays');
});

test('a_browser_that_calls_itself_something_odd_is_shown_as_a_text', async (t) => {
  const page = await desk(t, 'giam-doc', null, {
    hash: 'devices',
    prepare: (page) =>
      page.route('**/api/v1/pairings', (route) =>
        route.fulfill({
          json: [{ code: 'ACDE34', role: 'tablet', address: '10.0.0.9', user_agent: `<img src=x onerror=alert(1)> ${'A'.repeat(150)}`, age_s: 5, expires_in_s: 590 }],
        }),
      ),
  });
  await device(page, 'ACD E34').getByText('<img src=x onerror=alert(1)>').waitFor();
  await look(page, 'console-pairing-odd');
  await button(page, 'Duyệt ACD E34').first().click();
  await page.getByRole('dialog').getByText('<img src=x onerror=alert(1)>').waitFor();
  await look(page, 'console-pairing-approve-tablet');
});
