import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { button, desk, look, useBrowser } from './pages.mjs';
import { current, press, said, state, tabTo } from './queue-page.mjs';
import { emptyHall, issue, officer, ticketNamed, until } from './site.mjs';

useBrowser();
before(emptyHall);

test('a_busy_hall_fits_the_desk_and_each_number_says_how_long_it_waits', async (t) => {
  for (let n = 0; n < 12; n += 1) await issue(['ho-tich', 'dat-dai', 'xa-hoi'][n % 3], n % 5 === 0 ? 'pregnant' : undefined);
  const page = await desk(t, 'officer-2', 2);
  await button(page, 'Mở quầy').click();
  await page.locator('.counter-menu').getByText('Hoạt động').waitFor();
  await press(page, 'F2');
  await press(page, 'F4');
  await button(page, 'Tất cả lĩnh vực').click();
  await page.getByRole('row').nth(8).waitFor();
  await look(page, 'console-queue-busy');
  await button(page, 'English').click();
  await page.getByRole('heading', { name: 'Waiting' }).waitFor();
  await look(page, 'console-queue-english');
});

test('a_number_that_is_put_aside_is_cancelled_with_its_key_and_another_counter_follows_where_it_went', async (t) => {
  await emptyHall();
  const page = await desk(t, 'officer-1', 1);
  await button(page, 'Mở quầy').click();
  const ticket = await issue('ho-tich');
  await page.getByRole('rowheader', { name: ticket.label }).waitFor();
  for (const key of ['F2', 'F4', 'F6']) {
    await press(page, key);
    await until(`${key} is answered`, async () => (await state(ticket.label)) === { F2: 'called', F4: 'serving', F6: 'on_hold' }[key]);
  }
  const held = page.locator('.short-list li').filter({ hasText: ticket.label });
  await held.waitFor();
  await look(page, 'console-queue-held');
  await tabTo(page, 'button', `Hủy số ${ticket.label}`);
  await press(page, 'Enter');
  await page.getByRole('dialog').getByText(`Hủy số ${ticket.label}?`, { exact: false }).waitFor();
  await page.keyboard.type('Ông/Bà hẹn hôm khác');
  await press(page, 'Enter');
  await said(page, `Đã hủy ${ticket.label}.`);
  await held.waitFor({ state: 'detached' });
  assert.equal(await state(ticket.label), 'cancelled');
  await page.locator('.history li').filter({ hasText: ticket.label }).getByText(/, đã hủy$/).waitFor();

  // Passed on to counter 2, called and finished there: counter 1 sees each step.
  const moved = await issue('ho-tich');
  await page.getByRole('rowheader', { name: moved.label }).waitFor();
  await press(page, 'F2');
  await current(page, moved.label).waitFor();
  const second = await officer('officer-2');
  await second.at(2, 'open');
  await (await officer('officer-1')).at(1, 'transfer', { counter: 2 });
  const line = page.locator('.history li').filter({ hasText: moved.label });
  await line.getByText(/đã chuyển sang quầy.2 lúc \d\d:\d\d/).waitFor();
  await second.at(2, 'call-next');
  await line.getByText(/Hiện nay: đang gọi, quầy.2/).waitFor();
  await second.at(2, 'begin');
  await second.at(2, 'complete');
  await line.getByText(/Hiện nay: hoàn thành, quầy.2/).waitFor();
  await look(page, 'console-queue-moved-on');
});

test('a_number_with_several_things_to_do_goes_on_by_keyboard_and_comes_back_to_who_passed_it_on', async (t) => {
  await emptyHall();
  const page = await desk(t, 'officer-2', 2);
  await button(page, 'Mở quầy').click();
  const third = await officer('officer-3');
  await third.at(3, 'open');
  const ticket = await issue('dat-dai');
  await page.getByRole('rowheader', { name: ticket.label }).waitFor();
  await press(page, 'F2');
  await current(page, ticket.label).waitFor();
  await press(page, 'F4');
  await page.locator('.ticket-bar').getByText('Đang phục vụ').waitFor();

  // The officer adds two things, in the order in which they are to be done.
  await tabTo(page, 'button', 'Việc khác');
  await press(page, 'Enter');
  await page.getByRole('dialog').waitFor();
  for (const service of ['Hộ tịch, tư pháp', 'Lao động']) {
    await tabTo(page, 'checkbox', new RegExp(service));
    await press(page, 'Space');
  }
  await look(page, 'console-next-services');
  await press(page, 'Enter');
  await page.locator('.ticket-way').getByText(/^Còn: Hộ tịch, tư pháp.*; Lao động/).waitFor();
  await look(page, 'console-queue-still-to-visit');

  // Counter 2 serves the first of them as well: F9 and Enter go on at once.
  await press(page, 'F9');
  const dialog = page.getByRole('dialog', { name: new RegExp(`${ticket.label} còn Hộ tịch`) });
  await dialog.waitFor();
  await look(page, 'console-go-on');
  await press(page, 'Enter');
  await said(page, new RegExp(`^${ticket.label}: làm tiếp Hộ tịch`));
  await page.locator('.ticket-way').getByText(/^Còn: Lao động/).waitFor();
  assert.deepEqual(((one) => [one.state, one.service, one.counter])(await ticketNamed(ticket.label)), ['serving', 'ho-tich', 2]);

  // To counter 3 for a moment, and back here.
  await press(page, 'F8');
  await tabTo(page, 'radio', /^Quầy 3/);
  await press(page, 'Space');
  await tabTo(page, 'checkbox', 'Quay lại quầy tôi sau đó');
  await press(page, 'Space');
  await look(page, 'console-transfer-and-return');
  await press(page, 'Enter');
  await said(page, `Đã chuyển ${ticket.label} đến Quầy 3.`);
  for (const verb of ['call-next', 'begin', 'complete']) await third.at(3, verb);
  const row = page.getByRole('row').filter({ hasText: ticket.label });
  await row.getByText(/Quay lại từ quầy.3/).waitFor();
  await look(page, 'console-queue-returned');
  await press(page, 'F2');
  await current(page, ticket.label).waitFor();
  await page.locator('.why').getByText(`Gọi ${ticket.label} (quay lại từ quầy 3)`, { exact: false }).waitFor();

  // Done here: it goes on to wait for the last thing, with its number and its place.
  await press(page, 'F4');
  await page.locator('.ticket-bar').getByText('Đang phục vụ').waitFor();
  await press(page, 'F9');
  await said(page, new RegExp(`^Xong ở quầy này; ${ticket.label} chờ tiếp Lao động`));
  const last = await ticketNamed(ticket.label);
  assert.deepEqual([last.state, last.service, last.queued_at], ['waiting', 'xa-hoi', ticket.queued_at]);
  await page.locator('.history li').filter({ hasText: ticket.label }).first().getByText(/xong, chờ tiếp nhóm Lao động/).waitFor();
  await look(page, 'console-queue-went-on');
});

test('an_officer_gives_a_number_by_hand_and_outside_the_hours_says_why', async (t) => {
  await emptyHall();
  const services = await (await officer('giam-doc')).get('/services');
  const sentence = 'Trung tâm chưa cấp số lúc này. Mời Ông/Bà quay lại từ 13:30.';
  const closed = { code: 'queue.outside_hours', sentence, sentence_en: sentence };
  const json = services.map((one) => (one.code === 'dat-dai' ? { ...one, closed } : one));
  const page = await desk(t, 'officer-2', 2, { prepare: (fresh) => fresh.route('**/api/v1/services', (route) => route.fulfill({ json })) });
  await button(page, 'Cấp số').click();
  const dialog = page.getByRole('dialog', { name: 'Cấp số cho người dân' });
  const give = dialog.getByRole('button', { name: 'Cấp số' });
  assert.ok(await give.isDisabled(), 'no service is chosen');
  await dialog.getByLabel(/Đất đai/).check();
  await dialog.getByText(sentence).waitFor();
  assert.ok(await give.isDisabled(), 'there is no reason');
  const reason = 'đi từ đảo vào, tàu về lúc 13:00';
  await dialog.getByLabel('Lý do cấp số lúc này').fill(reason);
  await look(page, 'console-issue');
  const asked = page.waitForRequest((request) => request.method() === 'POST' && request.url().endsWith('/api/v1/tickets'));
  await give.click();
  assert.deepEqual((await asked).postDataJSON(), { service: 'dat-dai', outside_hours: reason });
  await said(page, /Đã cấp số B\d{3}\./);
});

test('what_the_days_end_closed_and_carried_over_is_told_beside_the_queue', async (t) => {
  const carried = await issue('ho-tich');
  const page = await desk(t, 'officer-1', 1, {
    prepare: (fresh) =>
      fresh.routeWebSocket('**/live', (socket) => {
        const server = socket.connectToServer();
        socket.onMessage((message) => server.send(message));
        server.onMessage((message) => {
          const told = JSON.parse(message);
          if (told.topic === 'queue' && told.data) {
            told.data.carried = 1;
            told.data.closed_before = { day: '2026-11-22', count: 3 };
            for (const one of told.data.tickets) if (one.id === carried.id) one.carried_to = told.data.day;
          }
          socket.send(JSON.stringify(told));
        });
      }),
  });
  await page.getByRole('rowheader', { name: carried.label }).waitFor();
  await page.getByText('Từ hôm trước', { exact: true }).waitFor();
  await page.getByText(/1\s+số chưa xong hôm trước đã chuyển sang hôm nay\./).waitFor();
  await page.getByText(/Ngày 22\/11\/2026: 3\s+số tự đóng cuối ngày\./).waitFor();
  await look(page, 'console-carried-over');
});
