import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { button, desk, look, open, useBrowser } from './pages.mjs';
import { emptyHall, issue, officer, order, site, ticketNamed, until } from './site.mjs';

useBrowser();
before(emptyHall);

/** What a key or a name on a focused element does; the mouse is not touched. */
const press = (page, key) => page.keyboard.press(key);

/** Goes by Tab to what has this name, as somebody without a mouse does. */
async function tabTo(page, role, name) {
  const target = page.getByRole(role, { name }).first();
  await target.waitFor();
  for (let n = 0; n < 80; n += 1) {
    if (await target.evaluate((node) => node === document.activeElement)) return;
    await press(page, 'Tab');
  }
  assert.fail(`Tab does not lead to ${role} «${name}»`);
}

const current = (page, label) => page.locator('.ticket-bar').getByText(label, { exact: true });
const said = (page, text) => page.locator('.toasts').getByText(text).first().waitFor();
const state = async (label) => (await ticketNamed(label)).state;

test('a_wrong_password_is_refused_in_one_sentence_and_the_right_one_opens_the_desk', async (t) => {
  const page = await open(t, 'console');
  await page.getByLabel('Tên đăng nhập').waitFor();
  await look(page, 'console-login');
  await page.getByLabel('Tên đăng nhập').fill('officer-1');
  await page.getByLabel('Mật khẩu').fill('không phải mật khẩu này');
  await button(page, 'Đăng nhập').click();
  await page.getByRole('alert').getByText(/mật khẩu/i).waitFor();
  await look(page, 'console-login-refused');
  assert.equal(await page.getByLabel('Mật khẩu').inputValue(), '');
  await page.getByLabel('Mật khẩu').fill(site.password);
  await button(page, 'Đăng nhập').click();
  await page.getByRole('heading', { name: 'Chọn quầy làm việc' }).waitFor();
  await look(page, 'console-choose-counter');
  await button(page, 'Đăng xuất').click();
  await page.getByLabel('Tên đăng nhập').waitFor();
});

test('a_counter_day_goes_by_keyboard_alone', async (t) => {
  const page = await open(t, 'console');
  await page.getByLabel('Tên đăng nhập').waitFor();
  await page.keyboard.type('officer-1');
  await press(page, 'Tab');
  await page.keyboard.type(site.password);
  await press(page, 'Enter');

  await tabTo(page, 'button', 'Mở quầy: Quầy 1');
  await press(page, 'Enter');
  await page.locator('.counter-menu').getByText('Hoạt động').waitFor();
  await page.getByText('Không có người chờ.').waitFor();
  await look(page, 'console-queue-empty');
  await press(page, 'F2');
  await said(page, 'Chưa có người chờ quầy 1.');
  await look(page, 'console-queue-refused');

  const regular = await issue('ho-tich');
  const priority = await issue('ho-tich', 'elderly');
  const later = await issue('ho-tich');
  await page.getByRole('rowheader', { name: later.label }).waitFor();

  // Call: the priority first, and why.
  await press(page, 'F2');
  await current(page, priority.label).waitFor();
  const reason = (await ticketNamed(priority.label)).call_reason;
  assert.equal(reason.rule, 'priority_first');
  await page.locator('.why').getByText(reason.sentence, { exact: false }).waitFor();
  await until('the sign shows the number', async () => (await order(site.sign, 'shown')).includes(priority.label));
  await look(page, 'console-queue-called');
  const calledAt = Date.now();
  await press(page, 'F3');
  await said(page, /Vừa gọi số .+ Chờ \d+ giây rồi gọi lại\./);

  // Begin, hold, the next one, transfer to another service group, back to the held one.
  await press(page, 'F4');
  await page.locator('.ticket-bar').getByText('Đang phục vụ').waitFor();
  await press(page, 'F6');
  await said(page, `Đã tạm hoãn ${priority.label}.`);
  await press(page, 'F2');
  await current(page, regular.label).waitFor();
  await press(page, 'F8');
  await page.getByRole('dialog').waitFor();
  await look(page, 'console-transfer');
  await tabTo(page, 'radio', 'Đất đai, xây dựng, môi trường');
  await press(page, 'Space');
  await page.getByText(/Chưa có quầy nào mở cho nhóm này/).waitFor();
  await press(page, 'Enter');
  await said(page, `Đã chuyển ${regular.label} đến Đất đai, xây dựng, môi trường.`);
  assert.deepEqual(((one) => [one.state, one.service, one.queued_at])(await ticketNamed(regular.label)), ['waiting', 'dat-dai', regular.queued_at]);
  // What went on from here stays among the calls of this counter, with where to.
  const gone = page.locator('.history li').filter({ hasText: regular.label });
  await gone.getByText(/^\d\d:\d\d, đã chuyển sang nhóm Đất đai, xây dựng, môi trường lúc \d\d:\d\d$/).waitFor();
  await gone.getByText('Hiện nay: đang chờ').waitFor();
  await look(page, 'console-queue-transferred');
  await press(page, 'F7');
  await current(page, priority.label).waitFor();
  await look(page, 'console-queue-serving');
  await press(page, 'F9');
  await said(page, `Hoàn thành ${priority.label}.`);
  assert.equal(await state(priority.label), 'completed');

  // Nobody comes: called again when the rule allows it, then absent, then back in the queue.
  await press(page, 'F2');
  await current(page, later.label).waitFor();
  await until('a number may be called again after twenty seconds', async () => {
    await press(page, 'F3');
    return (await ticketNamed(later.label)).recall_count === 1;
  }, 30_000);
  assert.ok(Date.now() - calledAt > 20_000);
  await page.getByText(/Đã gọi lại 1.lần/).waitFor();
  await press(page, 'F10');
  await said(page, `${later.label} vắng mặt.`);
  await look(page, 'console-queue-no-show');
  await tabTo(page, 'button', 'Đưa lại hàng chờ');
  await press(page, 'Enter');
  await page.getByRole('rowheader', { name: later.label }).waitFor();
  assert.equal(await state(later.label), 'waiting');

  // Pause with its reason, and back.
  await tabTo(page, 'button', 'Tạm dừng');
  await press(page, 'Enter');
  await page.getByRole('dialog').waitFor();
  await look(page, 'console-pause');
  await tabTo(page, 'radio', 'Nghỉ ngắn');
  await press(page, 'ArrowDown');
  await press(page, 'Enter');
  await page.getByText(/Quầy đang tạm dừng \(Họp\)/).waitFor();
  await look(page, 'console-queue-paused');
  await tabTo(page, 'button', 'Mở lại quầy');
  await press(page, 'Enter');
  await page.locator('.counter-menu').getByText('Hoạt động').waitFor();

  // A number is cancelled with a reason.
  await tabTo(page, 'button', `Hủy số ${later.label}`);
  await press(page, 'Enter');
  await page.getByRole('dialog').waitFor();
  await look(page, 'console-cancel');
  // Neither key can be taken for the other.
  assert.deepEqual(await page.getByRole('dialog').getByRole('button').allInnerTexts(), ['Quay lại', 'Hủy số']);
  await page.keyboard.type('Ông/Bà đã về');
  await press(page, 'Enter');
  await said(page, `Đã hủy ${later.label}.`);
  assert.equal(await state(later.label), 'cancelled');

  await tabTo(page, 'button', 'Đóng quầy');
  await press(page, 'Enter');
  await page.locator('.counter-menu').getByText('Đã đóng', { exact: true }).waitFor();
  await tabTo(page, 'button', 'Đăng xuất');
  await press(page, 'Enter');
  await page.getByLabel('Tên đăng nhập').waitFor();
});

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

test('a_counter_that_another_officer_opened_is_not_taken_over', async (t) => {
  await (await officer('officer-3')).at(3, 'open');
  const page = await desk(t, 'officer-4', 3);
  await page.locator('.counter-menu').getByText('Hoạt động').waitFor();
  await press(page, 'F2');
  await said(page, 'Quầy 3 (Lao động, xã hội và lĩnh vực khác) đang do Phạm Thu Hà mở. Chọn quầy khác.');
  await look(page, 'console-counter-taken');
  await button(page, 'Đổi quầy').click();
  const third = page.locator('.choose li').filter({ hasText: 'Lao động, xã hội và lĩnh vực khác' });
  await third.getByText('Phạm Thu Hà đang làm ở quầy này; người đó đóng quầy thì mở được.', { exact: false }).waitFor();
  await look(page, 'console-choose-counter-taken');
  assert.equal((await (await officer('officer-3')).get('/counters'))[2].current, null);
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

test('the_counter_is_changed_from_any_page_also_where_no_counters_are_listed', async (t) => {
  const page = await desk(t, 'officer-1', 1, { hash: 'messages' });
  await page.getByRole('heading', { name: 'Tin nhắn' }).waitFor();
  await button(page, 'Đổi quầy').click();
  await page.getByRole('heading', { name: 'Chọn quầy làm việc' }).waitFor();
  assert.equal(new URL(page.url()).hash, '#queue');
  await look(page, 'console-choose-counter-again');
  await button(page, 'Mở quầy: Quầy 4').click();
  await page.locator('.counter-menu').getByText('Quầy 4').waitFor();
  assert.equal((await (await officer('officer-1')).get('/counters'))[3].officer_name, 'Nguyễn Thị Hồng');
});

const logout = async (page) => {
  await button(page, 'Đăng xuất').click();
  const dialog = page.getByRole('dialog', { name: 'Đăng xuất khi quầy còn mở?' });
  await dialog.waitFor();
  return dialog;
};
const counterNow = async (number) => (await (await officer('giam-doc')).get('/counters')).find((one) => one.number === number);

test('who_logs_out_with_an_open_counter_says_what_becomes_of_it', async (t) => {
  await emptyHall();
  const ticket = await issue('ho-tich');
  const page = await desk(t, 'officer-1', 1);
  await button(page, 'Mở quầy').click();
  // The list has the number before the counter is open, and a closed counter calls nobody.
  await page.locator('.counter-menu').getByText('Hoạt động').waitFor();
  await page.getByRole('rowheader', { name: ticket.label }).waitFor();
  await press(page, 'F2');
  await current(page, ticket.label).waitFor();

  const busy = await logout(page);
  await busy.getByText(`đang gọi số ${ticket.label}.`, { exact: false }).waitFor();
  await busy.getByText(`Chưa đóng quầy được: còn số ${ticket.label}.`, { exact: false }).waitFor();
  assert.ok(await busy.getByRole('button', { name: 'Đóng quầy và đăng xuất' }).isDisabled());
  await look(page, 'console-logout-busy');
  await busy.getByRole('button', { name: 'Quay lại' }).click();
  await busy.waitFor({ state: 'detached' });
  await press(page, 'F10');
  await said(page, `${ticket.label} vắng mặt.`);

  const idle = await logout(page);
  await idle.getByText('không có số nào đang gọi.', { exact: false }).waitFor();
  await look(page, 'console-logout-idle');
  await idle.getByRole('button', { name: 'Đóng quầy và đăng xuất' }).click();
  await page.getByLabel('Tên đăng nhập').waitFor();
  assert.equal((await counterNow(1)).state, 'closed');
});

test('the_head_closes_a_counter_whose_officer_has_gone_home', async (t) => {
  await emptyHall();
  const ticket = await issue('ho-tich');
  const page = await desk(t, 'officer-2', 2);
  await button(page, 'Mở quầy').click();
  await page.locator('.counter-menu').getByText('Hoạt động').waitFor();
  await press(page, 'F2');
  await current(page, ticket.label).waitFor();
  await (await logout(page)).getByRole('button', { name: 'Đăng xuất, giữ quầy' }).click();
  await page.getByLabel('Tên đăng nhập').waitFor();
  assert.equal((await counterNow(2)).state, 'open');

  // The number that was left there comes first, and at its counter.
  const head = await desk(t, 'giam-doc', null);
  await button(head, 'Đóng quầy: Quầy 2').click();
  const dialog = head.getByRole('dialog', { name: 'Đóng quầy 2 của cán bộ khác?' });
  await dialog.getByText('Trần Văn Nam đang mở quầy này.', { exact: false }).waitFor();
  await dialog.getByText(`Quầy này còn số ${ticket.label}.`, { exact: false }).waitFor();
  await look(head, 'console-free-counter-busy');
  await dialog.getByRole('button', { name: 'Chọn quầy này' }).click();
  await current(head, ticket.label).waitFor();
  await press(head, 'F10');
  await said(head, `${ticket.label} vắng mặt.`);

  await button(head, 'Đổi quầy').click();
  await button(head, 'Đóng quầy: Quầy 2').click();
  await dialog.waitFor();
  await look(head, 'console-free-counter');
  await dialog.getByRole('button', { name: 'Đóng quầy' }).click();
  await said(head, 'Đã đóng quầy 2.');
  await button(head, 'Mở quầy: Quầy 2').waitFor();
  assert.equal((await counterNow(2)).state, 'closed');
});

test('an_officer_gives_a_number_by_hand_and_outside_the_hours_says_why', async (t) => {
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
