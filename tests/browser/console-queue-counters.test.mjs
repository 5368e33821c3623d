import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { button, desk, look, open, useBrowser } from './pages.mjs';
import { current, press, said } from './queue-page.mjs';
import { emptyHall, issue, officer, site } from './site.mjs';

useBrowser();
before(emptyHall);

const logout = async (page) => {
  await button(page, 'Đăng xuất').click();
  const dialog = page.getByRole('dialog', { name: 'Đăng xuất khi quầy còn mở?' });
  await dialog.waitFor();
  return dialog;
};
const counterNow = async (number) => (await (await officer('giam-doc')).get('/counters')).find((one) => one.number === number);

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
