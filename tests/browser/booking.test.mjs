import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { button, desk, look, open, useBrowser } from './pages.mjs';
import { emptyHall, officer, site, until } from './site.mjs';

useBrowser();
before(async () => {
  await emptyHall();
  await (await officer('tinh', site.hub)).post('/booking-plan', plan(5));
});
after(async () => (await officer('tinh', site.hub)).post('/booking-plan', plan(0)));

const plan = (per_slot) => ({
  node: '06658-1',
  service: 'ho-tich',
  name_vi: 'Hộ tịch, tư pháp',
  name_en: 'Civil status',
  sessions: [{ from: '00:00', to: '23:30' }],
  slot_min: 30,
  per_slot,
  days_ahead: 7,
  also_days_off: true,
});
/** The day after today in Vietnam, as a date field has it. */
const tomorrow = () => new Date(Date.now() + (24 + 7) * 3_600_000).toISOString().slice(0, 10);
const bookings = async (day) => (await (await officer('giam-doc')).get(`/bookings${day ? `?day=${day}` : ''}`)).bookings;
const stateOf = async (code, day) => (await bookings(day)).find((one) => one.code === code)?.state;

async function enter(page, code) {
  await button(page, 'Tôi có lịch hẹn').click();
  await page.getByRole('heading', { name: 'Nhập hoặc quét mã lịch hẹn' }).waitFor();
  for (const letter of code.replace('-', '')) await page.getByRole('button', { name: letter, exact: true }).click();
  await button(page, 'Lấy số').click();
}

/** At a kiosk nobody scrolls to a key that cannot be seen. */
async function noneIsHidden(page) {
  const main = page.getByRole('main');
  const foot = await main.evaluate((area) => area.getBoundingClientRect().bottom);
  const keys = await main.getByRole('button').evaluateAll((all) => all.map((key) => [key.textContent, key.getBoundingClientRect().bottom]));
  assert.ok(keys.length > 30, 'a key for each sign');
  assert.deepEqual(keys.filter(([, bottom]) => bottom > foot), [], 'every key is on the screen');
}

test('a_code_gives_one_number_at_the_kiosk_and_says_so_the_second_time', async (t) => {
  // The time that runs, where it has a place left: before midnight no other one of today is left.
  const head = await officer('giam-doc');
  const { slots } = await head.get('/bookings/slots?service=ho-tich');
  const { from } = slots.find((slot) => slot.left > 0);
  const { booking } = await head.post('/bookings', { service: 'ho-tich', from });
  const page = await open(t, 'kiosk');
  await button(page, 'Tôi có lịch hẹn').click();
  await page.getByRole('textbox').waitFor();
  await look(page, 'kiosk-code');
  await noneIsHidden(page);
  await button(page, 'Chữ lớn').click();
  await look(page, 'kiosk-code-large');
  await noneIsHidden(page);
  await button(page, 'Chữ lớn').click();
  await button(page, 'Quay lại').click();
  await enter(page, booking.code);
  await page.getByText(/^Lịch hẹn \d\d:\d\d–\d\d:\d\d$/).waitFor();
  await page.getByText('Mời lấy phiếu').waitFor();
  await look(page, 'kiosk-booked');
  assert.equal(await stateOf(booking.code), 'arrived');
  await button(page, 'Xong').click();
  await enter(page, booking.code);
  await page.getByText(/Mã này đã được dùng để lấy số lúc/).waitFor();
  await look(page, 'kiosk-code-used');
  await button(page, 'Về trang đầu').click();
  await enter(page, '00000-00000');
  await page.getByText(/Trung tâm chưa có lịch hẹn với mã này/).waitFor();
});

test('a_time_is_booked_and_given_back_at_the_provinces_page_and_the_center_hears_of_it', async (t) => {
  const on = tomorrow();
  const page = await open(t, 'booking', { address: `${site.hub}/dat-lich` });
  await page.getByRole('heading', { name: 'Đặt lịch hẹn' }).waitFor();
  await page.getByLabel('Trung tâm').selectOption({ index: 1 });
  await page.getByLabel('Nhóm thủ tục').selectOption('ho-tich');
  await look(page, 'booking-new');
  // Tomorrow's last time: late in the evening there is none of today.
  const times = page.getByLabel('Giờ đến');
  await page.getByLabel(/Lấy số từ xa/).check();
  assert.equal(await times.count(), 0, 'a number from afar has no time to choose');
  await page.getByLabel('Hẹn giờ', { exact: true }).check();
  await page.getByLabel('Ngày', { exact: true }).fill(on);
  // 23:00 in Vietnam.
  await times.selectOption(`${on}T16:00:00Z`);
  await button(page, 'Đặt lịch').click();
  await page.getByRole('heading', { name: 'Mã lịch hẹn của Ông/Bà' }).waitFor();
  const code = await page.locator('.booking-code').innerText();
  assert.match(code, /^[0-9A-Z]{5}-[0-9A-Z]{5}$/);
  await look(page, 'booking-made');
  await until('the center has it', async () => (await stateOf(code, on)) === 'booked', 15_000);
  await button(page, 'Về trang đầu').click();
  await page.getByLabel('Mã lịch hẹn', { exact: true }).fill(code);
  await page.getByRole('button', { name: 'Xem', exact: true }).click();
  await button(page, 'Hủy lịch hẹn này').click();
  await look(page, 'booking-give-back');
  await button(page, 'Hủy lịch hẹn').click();
  await page.getByText('Lịch hẹn này đã được hủy.').waitFor();
  await until('the center hears of it', async () => (await stateOf(code, on)) === 'cancelled', 15_000);
});

test('an_officer_books_a_time_for_who_comes_back', async (t) => {
  await (await officer('officer-1')).at(1, 'open');
  const page = await desk(t, 'officer-1', 1);
  await button(page, 'Lịch hẹn').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Lĩnh vực').selectOption('ho-tich');
  const times = dialog.getByLabel('Khung giờ');
  await until('times to choose', async () => (await times.locator('option').count()) > 1);
  await times.selectOption({ index: 1 });
  await look(page, 'console-booking');
  await dialog.getByRole('button', { name: 'Đặt lịch', exact: true }).click();
  const code = await page.locator('.booking-code').innerText();
  await look(page, 'console-booking-made');
  assert.equal(await stateOf(code), 'booked');
});
