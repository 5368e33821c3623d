import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { button, look, open, useBrowser } from './pages.mjs';
import { current, press, said, state, tabTo } from './queue-page.mjs';
import { emptyHall, issue, order, site, ticketNamed, until } from './site.mjs';

useBrowser();
before(emptyHall);

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
