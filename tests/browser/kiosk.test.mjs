import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { button, look, open, useBrowser } from './pages.mjs';
import { emptyHall, officer, order, site, ticketNamed, until } from './site.mjs';

useBrowser();
before(emptyHall);
after(() => order(site.printer, 'paper_in'));

const printed = () => {
  const lines = readFileSync(`${site.folder}/06658-1/printer.jsonl`, 'utf8').trim().split('\n');
  return lines.filter((one) => one.includes('"cut"')).length;
};
const issued = async () => (await (await officer('giam-doc')).get('/tickets')).tickets.length;

async function toServices(page) {
  await button(page, 'Chạm vào màn hình để bắt đầu').click();
  await page.getByText('Ông/Bà cần làm thủ tục gì?').waitFor();
}

async function toPriority(page, service) {
  await toServices(page);
  await button(page, service).click();
  await page.getByText('Ông/Bà có thuộc đối tượng ưu tiên không?').waitFor();
}

const number = (page) => page.locator('.number').innerText();

test('a_regular_number_is_taken_in_three_touches_and_comes_out_on_paper', async (t) => {
  const page = await open(t, 'kiosk');
  await button(page, 'Chạm vào màn hình để bắt đầu').waitFor();
  await look(page, 'kiosk-start');
  await toServices(page);
  await page.getByText('Chưa có người chờ').first().waitFor();
  await look(page, 'kiosk-services');
  await button(page, /Hộ tịch, tư pháp/).click();
  await page.getByText('Ông/Bà có thuộc đối tượng ưu tiên không?').waitFor();
  await look(page, 'kiosk-priority');
  const papers = printed();
  await button(page, 'Không, lấy số thường').click();
  await page.getByText('Mời lấy phiếu').waitFor();
  const label = await number(page);
  assert.match(label, /^A\d{3}$/);
  assert.match(await page.locator('.result .wait').innerText(), /^(Chờ (dưới|khoảng) .+\sphút|Hiện chưa mở quầy cho lĩnh vực này)\.$/);
  await look(page, 'kiosk-printed');
  assert.equal(printed(), papers + 1);
  const ticket = await ticketNamed(label);
  assert.deepEqual([ticket.class, ticket.state, ticket.printed], ['regular', 'waiting', 'printed']);
  await button(page, 'Xong').click();
  await button(page, 'Chạm vào màn hình để bắt đầu').waitFor();
});

test('a_card_fills_in_the_counters_form_and_no_screen_shows_a_name', async (t) => {
  await emptyHall();
  const line = '022085001234||Đoàn Văn Thật|15061985|Nam|Tổ 5, phường Cao Xanh|20082021';
  // A kiosk without a reader asks for no card.
  const without = await open(t, 'kiosk');
  await button(without, 'Tôi có lịch hẹn').waitFor();
  assert.equal(await button(without, 'Quét thẻ căn cước').count(), 0);
  const page = await open(t, 'kiosk', { address: site.pages.kiosk.replace('/kiosk', '/kiosk?card=on') });
  await button(page, 'Quét thẻ căn cước').click();
  const field = page.getByRole('textbox');
  await field.waitFor();
  await look(page, 'kiosk-card');
  await field.fill(line.slice(0, 20));
  await field.press('Enter');
  await page.getByText('Chưa đọc được thẻ').waitFor();
  await field.fill(line);
  await field.press('Enter');
  await page.getByText('Đã đọc thẻ căn cước.').waitFor();
  await look(page, 'kiosk-card-read');
  await button(page, /Hộ tịch, tư pháp/).click();
  await button(page, 'Không, lấy số thường').click();
  await page.getByText('Mời lấy phiếu').waitFor();
  const label = await number(page);
  assert.doesNotMatch(await page.locator('body').innerText(), /Thật|022085/);
  const lan = await officer('officer-1');
  await lan.at(1, 'open');
  assert.equal((await lan.at(1, 'call-next')).ticket.label, label);
  await lan.at(1, 'begin');
  const { card } = await lan.get('/counters/1/card');
  assert.equal(card.name, 'Đoàn Văn Thật');
  const hall = await open(t, 'hall');
  await hall.getByText(label).first().waitFor();
  assert.doesNotMatch(await hall.locator('body').innerText(), /Thật|022085/);
  await lan.at(1, 'complete');
  await lan.at(1, 'close');
  await lan.forgetCard(1).catch(() => undefined);
});

test('several_services_are_chosen_for_one_number_and_stand_on_it', async (t) => {
  const page = await open(t, 'kiosk');
  await toPriority(page, /Hộ tịch, tư pháp/);
  await button(page, 'Thêm việc khác').click();
  await page.getByText('Ông/Bà còn cần làm thủ tục gì nữa?').waitFor();
  // What was chosen already is not offered again.
  await button(page, /Đất đai/).waitFor();
  assert.equal(await button(page, /Hộ tịch, tư pháp/).count(), 0);
  await look(page, 'kiosk-services-more');
  await button(page, /Đất đai/).click();
  await page.locator('.chosen p').nth(1).waitFor();
  await look(page, 'kiosk-priority-two');
  // The last one is taken back, the first stays.
  await button(page, 'Thêm việc khác').click();
  await button(page, /Lao động/).click();
  await page.locator('.chosen p').nth(2).waitFor();
  await button(page, 'Quay lại').click();
  await page.getByText('Ông/Bà còn cần làm thủ tục gì nữa?').waitFor();
  await button(page, 'Quay lại').click();
  await page.getByText('Ông/Bà có thuộc đối tượng ưu tiên không?').waitFor();
  assert.equal(await page.locator('.chosen p').count(), 2);
  await button(page, 'Không, lấy số thường').click();
  await page.getByText('Mời lấy phiếu').waitFor();
  await page.getByText(/^Sau đó: Đất đai/).waitFor();
  await look(page, 'kiosk-printed-two');
  const ticket = await ticketNamed(await number(page));
  assert.deepEqual([ticket.service, ticket.next_services], ['ho-tich', ['dat-dai']]);
});

test('a_priority_number_keeps_its_ground_for_the_officer', async (t) => {
  const page = await open(t, 'kiosk');
  await toPriority(page, /Đất đai/);
  await button(page, 'Người khuyết tật').click();
  await page.getByText('Mời lấy phiếu').waitFor();
  const ticket = await ticketNamed(await number(page));
  assert.deepEqual([ticket.class, ticket.priority_ground], ['priority', 'disabled']);
});

test('two_touches_in_one_moment_take_one_number', async (t) => {
  const page = await open(t, 'kiosk');
  await toPriority(page, /Hộ tịch, tư pháp/);
  const before = await issued();
  // Two touches before the page could draw again, then a quick second one where the first was.
  await button(page, 'Không, lấy số thường').evaluate((tile) => {
    tile.click();
    tile.click();
  });
  await page.locator('.number').waitFor();
  await page.getByText('Mời lấy phiếu').waitFor();
  assert.equal(await issued(), before + 1);
});

test('without_paper_the_citizen_keeps_the_number_and_gets_it_printed_later', async (t) => {
  await order(site.printer, 'paper_out');
  const page = await open(t, 'kiosk');
  await toPriority(page, /Lao động/);
  await button(page, 'Không, lấy số thường').click();
  const label = await until('the number', () => number(page));
  await page.getByText(`Không in được phiếu. Xin nhớ số ${label}; số vẫn có hiệu lực.`).waitFor();
  await look(page, 'kiosk-paper-out');
  const papers = printed();
  await order(site.printer, 'paper_in');
  // The printer goes on by itself; the page follows.
  await page.getByText('Mời lấy phiếu').waitFor();
  assert.equal(printed(), papers + 1);
  await button(page, 'In lại').click();
  await until('the same number is on paper again', () => printed() === papers + 2);
  await page.getByText('Mời lấy phiếu').waitFor();
  assert.equal(await number(page), label);
});

test('a_refusal_of_the_center_is_said_in_its_own_sentence', async (t) => {
  const page = await open(t, 'kiosk');
  await toServices(page);
  // The service group was taken out of the settings while the page stood open.
  await page.route('**/api/v1/tickets', async (route) => {
    await route.continue({ postData: JSON.stringify({ ...route.request().postDataJSON(), service: 'gone' }) });
  });
  await button(page, /Hộ tịch, tư pháp/).click();
  await button(page, 'Không, lấy số thường').click();
  await page.getByText('Chưa lấy được số').waitFor();
  await page.getByText('Nhóm thủ tục này không còn nhận số. Mời chọn lại.').waitFor();
  await look(page, 'kiosk-refused');
  await button(page, 'Về trang đầu').click();
  await button(page, 'Chạm vào màn hình để bắt đầu').waitFor();
});

test('a_center_without_service_groups_sends_to_the_guide', async (t) => {
  const page = await open(t, 'kiosk', { prepare: (fresh) => fresh.route('**/api/v1/services', (route) => route.fulfill({ json: [] })) });
  await button(page, 'Chạm vào màn hình để bắt đầu').click();
  await page.getByText('Chưa có lĩnh vực nào nhận số').waitFor();
  await look(page, 'kiosk-empty');
});

test('large_letters_high_contrast_and_english_hold_for_one_citizen_only', async (t) => {
  // The clock is in hand from the first moment: a timer that was begun before could not be stopped.
  const page = await open(t, 'kiosk', { prepare: (fresh) => fresh.clock.install() });
  await toServices(page);
  await button(page, 'Chữ lớn').click();
  await button(page, 'Tương phản cao').click();
  await look(page, 'kiosk-services-large');
  await button(page, /Hộ tịch, tư pháp/).click();
  await look(page, 'kiosk-priority-large');
  await button(page, 'English').click();
  await look(page, 'kiosk-priority-english');
  await button(page, 'Back').click();
  await button(page, 'Back').click();
  await button(page, 'Touch the screen to begin').waitFor();
  // Twenty seconds later somebody else stands here.
  await button(page, 'Touch the screen to begin').click();
  await page.clock.fastForward(25_000);
  await button(page, 'Chạm vào màn hình để bắt đầu').waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.className), '');
  // Switched on at the first page, and gone without a number.
  await button(page, 'Chữ lớn').click();
  await button(page, 'Tương phản cao').click();
  await button(page, 'English').click();
  await button(page, 'Touch the screen to begin').waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.className), 'large contrast');
  await page.clock.fastForward(25_000);
  await button(page, 'Chạm vào màn hình để bắt đầu').waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.className), '');
});

test('a_kiosk_without_a_token_or_with_one_that_is_not_good_says_so', async (t) => {
  const page = await open(t, 'kiosk', { address: '/kiosk' });
  await page.getByText('motcua device token --role kiosk').waitFor();
  await look(page, 'kiosk-no-token');
  const revoked = await open(t, 'kiosk', { address: '/kiosk#token=not-one-of-ours' });
  await revoked.getByText('Mã thiết bị không còn hiệu lực').waitFor();
  await look(revoked, 'kiosk-revoked');
});

test('without_an_answer_trying_again_gives_one_number', async (t) => {
  const page = await open(t, 'kiosk');
  await toPriority(page, /Hộ tịch, tư pháp/);
  const before = await issued();
  // The first question arrives and its answer is lost; of the page's own repeats nothing arrives.
  let arrived = false;
  await page.route('**/api/v1/tickets', async (route) => {
    if (!arrived) {
      arrived = true;
      await route.fetch();
    }
    await route.abort();
  });
  await button(page, 'Không, lấy số thường').click();
  await page.getByText('Máy chưa nhận được trả lời. Bấm Thử lại; Ông/Bà chỉ nhận một số.').waitFor();
  await look(page, 'kiosk-unsent');
  await page.unroute('**/api/v1/tickets');
  await button(page, 'Thử lại').click();
  await page.getByText('Mời lấy phiếu').waitFor();
  assert.equal(await issued(), before + 1);
});

test('a_number_taken_by_mistake_is_given_back_at_the_kiosk', async (t) => {
  const page = await open(t, 'kiosk');
  await toPriority(page, /Hộ tịch, tư pháp/);
  await button(page, 'Không, lấy số thường').click();
  await page.getByText('Mời lấy phiếu').waitFor();
  const label = await number(page);
  const ticket = await ticketNamed(label);
  await button(page, 'Hủy số vừa lấy').click();
  await page.getByText(`Hủy số ${label}? Số này không dùng lại được.`).waitFor();
  await look(page, 'kiosk-give-back');
  await button(page, 'Giữ số').click();
  assert.equal(await number(page), label);
  await button(page, 'Hủy số vừa lấy').click();
  await button(page, `Hủy số ${label}`).click();
  await page.getByText(`Đã hủy số ${label}.`).waitFor();
  await page.getByText('Nếu phiếu đã in ra, xin bỏ phiếu đó.').waitFor();
  await look(page, 'kiosk-given-back');
  const { tickets } = await (await officer('giam-doc')).get('/tickets');
  assert.equal(tickets.find((one) => one.id === ticket.id).state, 'cancelled');
  await button(page, 'Về trang đầu').click();
  await button(page, 'Chạm vào màn hình để bắt đầu').waitFor();
});

test('outside_the_hours_the_kiosk_says_when_to_come_back', async (t) => {
  const closed = {
    code: 'queue.outside_hours',
    sentence: 'Trung tâm chưa cấp số lúc này. Mời Ông/Bà quay lại từ 13:30.',
    sentence_en: 'Numbers are not given at this time. Please come back from 13:30 on.',
  };
  const services = await (await officer('giam-doc')).get('/services');
  const answer = (change) => (route) => route.fulfill({ json: services.map(change) });
  const page = await open(t, 'kiosk', { prepare: (fresh) => fresh.route('**/api/v1/services', answer((one) => ({ ...one, closed, priority_closed: closed }))) });
  await page.getByText('Chưa cấp số lúc này', { exact: true }).waitFor();
  await page.getByText(closed.sentence).waitFor();
  await look(page, 'kiosk-closed');
  const near = (one, index) =>
    index === 0 ? { ...one, closed, priority_closed: closed } : { ...one, come_by: '16:10', priority_come_by: '16:40' };
  const late = await open(t, 'kiosk', { prepare: (fresh) => fresh.route('**/api/v1/services', answer(near)) });
  await toServices(late);
  await late.getByText('Hôm nay cấp số đến 16:10').first().waitFor();
  await late.getByText('Đối tượng ưu tiên: đến 16:40').first().waitFor();
  assert.ok(await button(late, /Hộ tịch, tư pháp/).isDisabled());
  await look(late, 'kiosk-come-by');
});

test('a_kiosk_that_gives_numbers_while_the_center_rests_says_so_and_from_when_they_are_called', async (t) => {
  const called_from = {
    code: 'queue.resting_until_day',
    sentence: 'Trung tâm đang nghỉ. Số lấy bây giờ được gọi từ 07:30 thứ Hai 30/11.',
    sentence_en: 'The center is closed now. Numbers taken now are called from 07:30 on Monday 30/11.',
  };
  const services = await (await officer('giam-doc')).get('/services');
  assert.ok(services.every((one) => !one.called_from), 'it gives numbers within its hours alone');
  const answer = (route) => route.fulfill({ json: services.map((one) => ({ ...one, called_from })) });
  const page = await open(t, 'kiosk', { prepare: (fresh) => fresh.route('**/api/v1/services', answer) });
  await page.getByText(called_from.sentence).waitFor();
  await look(page, 'kiosk-resting');
  await toServices(page);
  await page.getByText(called_from.sentence).waitFor();
  assert.ok(await button(page, /Hộ tịch, tư pháp/).isEnabled(), 'a number is given all the same');
  await button(page, 'English').click();
  await page.getByText(called_from.sentence_en).waitFor();
});

test('a_wait_that_runs_into_the_break_or_past_the_end_of_the_day_says_so', async (t) => {
  const wait = { expected_min: 140, low_min: 20, high_min: 150, learned_from: 9 };
  for (const [more, words] of [
    [{ break_until: '13:30' }, 'Có giờ nghỉ, làm lại lúc 13:30.'],
    [{ closes_at: '17:00' }, 'Có thể không kịp trước 17:00.'],
  ]) {
    const told = async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), wait: { ...wait, ...more } } });
    };
    const page = await open(t, 'kiosk', { prepare: (fresh) => fresh.route('**/api/v1/tickets', told) });
    await toPriority(page, /Hộ tịch, tư pháp/);
    await button(page, 'Không, lấy số thường').click();
    await page.getByText('Mời lấy phiếu').waitFor();
    await page.getByText(words).waitFor();
    await look(page, more.closes_at ? 'kiosk-past-closing' : 'kiosk-over-break');
  }
});

test('on_a_day_off_the_kiosk_says_on_which_day_the_center_opens', async (t) => {
  const closed = {
    code: 'queue.closed_today',
    sentence: 'Hôm nay Trung tâm không làm việc. Trung tâm mở lại lúc 07:30 thứ Hai 30/11, cấp số từ 07:15.',
    sentence_en: 'The center is closed today. It opens again at 07:30 on Monday 30/11; numbers are given from 07:15 on.',
  };
  const services = await (await officer('giam-doc')).get('/services');
  const answer = (route) => route.fulfill({ json: services.map((one) => ({ ...one, closed, priority_closed: closed })) });
  const page = await open(t, 'kiosk', { prepare: (fresh) => fresh.route('**/api/v1/services', answer) });
  await page.getByText(closed.sentence).waitFor();
  await look(page, 'kiosk-day-off');
  await button(page, 'English').click();
  await page.getByText(closed.sentence_en).waitFor();
});

test('when_a_regular_number_would_come_too_late_one_with_priority_may_still_be_taken', async (t) => {
  const closed = {
    code: 'queue.not_served_today',
    sentence: 'Không kịp phục vụ thêm trước 17:00 (16 người được gọi trước).',
    sentence_en: 'Nobody more can be served before 17:00 (16 are called before).',
  };
  const services = await (await officer('giam-doc')).get('/services');
  const answer = (route) => route.fulfill({ json: services.map((one) => ({ ...one, closed, priority_come_by: '16:54' })) });
  const page = await open(t, 'kiosk', { prepare: (fresh) => fresh.route('**/api/v1/services', answer) });
  await toServices(page);
  await page.getByText('Chỉ còn cấp số cho đối tượng ưu tiên').first().waitFor();
  await button(page, /Hộ tịch, tư pháp/).click();
  await page.getByRole('heading', { name: 'Ông/Bà có thuộc đối tượng ưu tiên không?' }).waitFor();
  assert.ok(await button(page, 'Chỉ còn cấp số cho đối tượng ưu tiên').isDisabled());
  await look(page, 'kiosk-priority-only');
});
