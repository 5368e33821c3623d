import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, test } from 'node:test';
import { button, look, open, useBrowser } from './pages.mjs';
import { emptyHall, officer, receive, send, tokenOf, votesTaken } from './site.mjs';

useBrowser();
before(async () => {
  await emptyHall();
  await (await officer('officer-1')).at(1, 'open');
});

const tablet = { Authorization: `Bearer ${tokenOf('tablet')}` };
const openToken = () => send('GET', '/api/v1/tablets/1/token', { headers: tablet });
const idle = (page) => page.getByText('Chưa có lượt đánh giá. Xin chờ cán bộ mở.');
const given = votesTaken;

/** Somebody who voted leaves nothing behind for the next. */
async function voteAway() {
  const open = await openToken();
  if (open) await send('POST', '/api/v1/ratings', { headers: tablet, body: { token: open.token, level: 'satisfied', reasons: [], respondent: 'citizen', client_id: randomUUID() } });
}

test('a_vote_after_reception_counts_once_and_cannot_be_given_twice', async (t) => {
  await voteAway();
  const page = await open(t, 'tablet');
  await idle(page).waitFor();
  await look(page, 'tablet-idle');
  const counted = await given();
  await receive('officer-1', 1, { name: 'NGUYỄN VĂN AN' });
  await page.getByText('Ông/Bà hài lòng với việc tiếp nhận hồ sơ không?').waitFor();
  await page.getByText('Đánh giá không ghi tên Ông/Bà.').waitFor();
  assert.equal(await page.locator('.level[aria-pressed=true], .level:checked').count(), 0, 'nothing is chosen beforehand');
  await look(page, 'tablet-receipt');
  const { token } = await openToken();
  await button(page, 'Rất hài lòng').click();
  await page.getByText('Cảm ơn Ông/Bà đã đánh giá.').waitFor();
  await look(page, 'tablet-thanks');
  await idle(page).waitFor();
  assert.equal(await given(), counted + 1);
  assert.equal(await openToken(), undefined);

  // The same token once more, as a page would that was left standing with it.
  await receive('officer-1', 1, { name: 'NGUYỄN VĂN AN' });
  await page.route('**/api/v1/ratings', (route) => route.continue({ postData: JSON.stringify({ ...route.request().postDataJSON(), token }) }));
  await button(page, 'Hài lòng').filter({ hasText: /^Hài lòng$/ }).click();
  await page.getByText('Chưa ghi nhận được đánh giá').waitFor();
  await page.getByText('Lượt đánh giá này đã dùng. Cảm ơn Ông/Bà.').waitFor();
  await look(page, 'tablet-refused');
  assert.equal(await given(), counted + 1);
});

test('who_is_not_satisfied_when_the_result_is_returned_may_say_why', async (t) => {
  await voteAway();
  const { id } = await receive('officer-1', 1, { name: 'LÊ THỊ HẠNH' });
  await voteAway();
  const own = await officer('officer-1');
  await own.post(`/dossiers/${id}/result`, { title: 'Giấy khai sinh' });
  const page = await open(t, 'tablet');
  await idle(page).waitFor();
  const counted = await given();
  await own.post(`/dossiers/${id}/return`, { counter: 1 });
  await page.getByText('Ông/Bà hài lòng với việc trả kết quả không?').waitFor();
  await look(page, 'tablet-return');
  await page.getByLabel('Tổ chức, doanh nghiệp').check();
  await button(page, 'Không hài lòng').click();
  await page.getByText('Điều gì chưa tốt? (chọn một hoặc nhiều ý)').waitFor();
  await button(page, 'Chờ lâu').click();
  await button(page, 'Trả kết quả trễ').click();
  await page.getByLabel('Góp ý (không bắt buộc)').fill('Đã hẹn thứ Hai, hôm nay mới có.');
  await look(page, 'tablet-reasons');
  await button(page, 'Chọn lại').click();
  await button(page, 'Không hài lòng').click();
  await button(page, 'Chờ lâu').click();
  await button(page, 'Gửi đánh giá').click();
  await page.getByText('Cảm ơn Ông/Bà đã đánh giá.').waitFor();
  assert.equal(await given(), counted + 1);
});

/** Begins a ballot of somebody who is not satisfied, and leaves it half filled. */
async function half(page) {
  await button(page, 'Không hài lòng').click();
  await button(page, 'Chờ lâu').click();
  await page.getByLabel('Góp ý (không bắt buộc)').fill('Chờ từ tám giờ, đến nay');
}

/** Moves the page's clock, and with it what the page hears of the center's: both agree as on a real day. */
async function movedClock(page) {
  let aheadMs = 0;
  await page.clock.install();
  await page.routeWebSocket('**/live', (socket) => {
    const server = socket.connectToServer();
    server.onMessage((text) => {
      const message = JSON.parse(text);
      if (message.topic === 'heartbeat') message.at = new Date(Date.parse(message.at) + aheadMs).toISOString();
      socket.send(JSON.stringify(message));
    });
  });
  return async (ms) => {
    aheadMs += ms;
    await page.clock.fastForward(ms);
    // It has heard nothing for all that time, says so, and asks again.
    await page.getByText(/^Mất kết nối từ/).waitFor({ state: 'detached' });
  };
}

/** The page has the counter's next token: it may ask its question from now on. */
const learnsNext = (page) => page.waitForResponse((response) => response.url().endsWith('/api/v1/tablets/1/token') && response.status() === 200);

test('who_is_still_writing_keeps_the_ballot_and_the_next_questions_follow', async (t) => {
  await voteAway();
  const own = await officer('officer-1');
  const before = await receive('officer-1', 1, { name: 'LÊ VĂN LÂM' });
  await voteAway();
  await own.post(`/dossiers/${before.id}/result`, { title: 'Giấy khai sinh' });
  const page = await open(t, 'tablet');
  await idle(page).waitFor();
  const counted = await given();
  await receive('officer-1', 1, { name: 'HOÀNG THỊ MAI' });
  await page.getByText('Ông/Bà hài lòng với việc tiếp nhận hồ sơ không?').waitFor();
  const writing = await openToken();
  await half(page);

  // The officer goes on: a result is returned, then another dossier is received.
  let learned = learnsNext(page);
  await own.post(`/dossiers/${before.id}/return`, { counter: 1 });
  await learned;
  learned = learnsNext(page);
  await receive('officer-1', 1, { name: 'VŨ ĐỨC NAM' });
  await learned;
  assert.notEqual((await openToken()).token, writing.token);
  assert.equal(await page.getByLabel('Góp ý (không bắt buộc)').inputValue(), 'Chờ từ tám giờ, đến nay');
  assert.equal(await button(page, 'Chờ lâu').getAttribute('aria-pressed'), 'true');
  await page.getByLabel('Góp ý (không bắt buộc)').pressSequentially(' mới được gọi.');
  const sent = page.waitForRequest('**/api/v1/ratings');
  await button(page, 'Gửi đánh giá').click();
  const { token, comment, reasons } = (await sent).postDataJSON();
  assert.deepEqual({ token, comment, reasons }, { token: writing.token, comment: 'Chờ từ tám giờ, đến nay mới được gọi.', reasons: ['long_wait'] });
  await page.getByText('Cảm ơn Ông/Bà đã đánh giá.').waitFor();
  assert.equal(await given(), counted + 1);

  // Those that waited, oldest first; each says that it is not for whoever has just voted.
  await page.getByText('Ông/Bà hài lòng với việc trả kết quả không?').waitFor();
  await page.getByText('Câu hỏi này dành cho lượt hồ sơ tiếp theo').waitFor();
  await look(page, 'tablet-next-turn');
  await button(page, 'Rất hài lòng').click();
  await page.getByText('Cảm ơn Ông/Bà đã đánh giá.').waitFor();
  await page.getByText('Ông/Bà hài lòng với việc tiếp nhận hồ sơ không?').waitFor();
  await button(page, 'Rất hài lòng').click();
  await page.getByText('Cảm ơn Ông/Bà đã đánh giá.').waitFor();
  await idle(page).waitFor();
  assert.equal(await given(), counted + 3);
  assert.equal(await openToken(), undefined);
});

test('what_was_left_half_written_is_cleared_before_the_next_is_asked', async (t) => {
  await voteAway();
  const own = await officer('officer-1');
  const before = await receive('officer-1', 1, { name: 'ĐẶNG THỊ OANH' });
  await voteAway();
  await own.post(`/dossiers/${before.id}/result`, { title: 'Giấy khai sinh' });
  let pass;
  const page = await open(t, 'tablet', { prepare: async (page) => { pass = await movedClock(page); } });
  await idle(page).waitFor();
  const counted = await given();
  await receive('officer-1', 1, { name: 'BÙI VĂN PHÚC' });
  await half(page);
  const learned = learnsNext(page);
  await own.post(`/dossiers/${before.id}/return`, { counter: 1 });
  await learned;

  await pass(45_000);
  await page.getByText(/^Ông\/Bà còn đang đánh giá không\? Chạm màn hình để tiếp tục\. Phiếu sẽ được xóa sau \d+ giây\.$/).waitFor();
  await look(page, 'tablet-clears');
  await button(page, 'Hướng dẫn chưa rõ').click();
  await page.getByRole('timer').waitFor({ state: 'detached' });
  assert.equal(await page.getByLabel('Góp ý (không bắt buộc)').inputValue(), 'Chờ từ tám giờ, đến nay');
  await pass(61_000);
  await page.getByText('Phiếu chưa gửi đã được xóa.').waitFor();
  await look(page, 'tablet-cleared');
  assert.equal(await page.getByLabel('Góp ý (không bắt buộc)').count(), 0);

  await page.getByText('Ông/Bà hài lòng với việc trả kết quả không?').waitFor();
  await button(page, 'Không hài lòng').click();
  assert.equal(await page.getByLabel('Góp ý (không bắt buộc)').inputValue(), '');
  assert.equal(await page.locator('.reason[aria-pressed=true]').count(), 0);
  await button(page, 'Gửi đánh giá').click();
  await page.getByText('Cảm ơn Ông/Bà đã đánh giá.').waitFor();
  assert.equal(await given(), counted + 1, 'what was not sent is no vote');
});

test('high_contrast_and_english_are_for_this_citizen', async (t) => {
  await voteAway();
  await receive('officer-1', 1, { name: 'PHAN VĂN BẢY' });
  const page = await open(t, 'tablet');
  await page.getByText('Ông/Bà hài lòng với việc tiếp nhận hồ sơ không?').waitFor();
  await button(page, 'Tương phản cao').click();
  await button(page, 'English').click();
  await button(page, 'Very satisfied').waitFor();
  await look(page, 'tablet-english-contrast');
  await button(page, 'Very satisfied').click();
  await idle(page).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.className), '');
});

test('a_tablet_is_told_its_counter_and_its_token', async (t) => {
  const page = await open(t, 'tablet', { address: `/tablet#token=${tokenOf('tablet')}` });
  await page.getByText('Máy tính bảng này đặt ở quầy nào?').waitFor();
  await look(page, 'tablet-which-counter');
  await button(page, 'Quầy 1').click();
  await idle(page).waitFor();
  const other = await open(t, 'tablet', { address: `/tablet#token=${tokenOf('tablet')}&counter=2` });
  await other.getByText('Mã thiết bị không còn hiệu lực').waitFor();
  await look(other, 'tablet-revoked');
  const none = await open(t, 'tablet', { address: '/tablet' });
  await none.getByText('motcua device token --role tablet --counter 1').waitFor();
  await look(none, 'tablet-no-token');
});
