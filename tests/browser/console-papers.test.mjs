import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { button, desk, goTo, look, open, useBrowser } from './pages.mjs';
import { emptyHall, officer, order, program, receive, site, until } from './site.mjs';

useBrowser();
before(async () => {
  await emptyHall();
  await (await officer('officer-4')).at(4, 'open');
});
after(async () => {
  await order(site.printer, 'paper_in');
  await order(site.sign, 'plug');
});

const said = (page, text) => page.locator('.toasts').getByText(text).first().waitFor();

test('a_result_is_entered_and_given_to_somebody_with_an_authorisation', async (t) => {
  const { code } = await receive('officer-4', 4, { name: 'TRẦN THỊ BÌNH' });
  const page = await desk(t, 'officer-4', 4, { hash: 'return' });
  await page.getByText('Không có hồ sơ nào trong danh sách này.').waitFor();
  await look(page, 'console-return-empty');

  await button(page, 'Đang xử lý').click();
  await page.getByRole('button', { name: code, exact: true }).waitFor();
  await look(page, 'console-return-open');
  await page.getByRole('button', { name: code, exact: true }).click();
  await page.getByRole('dialog').getByText('TRẦN THỊ BÌNH').waitFor();
  await look(page, 'console-dossier');
  await page.getByRole('dialog').getByRole('button', { name: 'Đóng' }).click();

  await button(page, `Cập nhật kết quả ${code}`).click();
  await button(page, 'Ghi kết quả').click();
  await page.getByText('Nhập tên kết quả.').waitFor();
  await look(page, 'console-result');
  await page.getByLabel('Tên kết quả').fill('Giấy khai sinh');
  await page.keyboard.press('Enter');
  await said(page, `Hồ sơ ${code} đã có kết quả.`);

  await button(page, 'Chờ trả').click();
  await button(page, `Trả kết quả ${code}`).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Giấy khai sinh').waitFor();
  await dialog.getByLabel('Người được ủy quyền').check();
  await dialog.getByRole('button', { name: 'Trả kết quả' }).click();
  await dialog.getByText('Nhập họ tên người nhận.').waitFor();
  await look(page, 'console-return-refused');
  await dialog.getByLabel('Họ và tên').fill('TRẦN VĂN CƯỜNG');
  await dialog.getByLabel('Số định danh cá nhân').fill('022088001122');
  await page.keyboard.press('Enter');
  await said(page, `Đã trả kết quả hồ sơ ${code}.`);

  await button(page, 'Đã trả').click();
  await page.getByRole('row').filter({ hasText: code }).getByText('Đã trả lúc').waitFor();
  await page.getByRole('searchbox').fill('tran thi binh');
  await page.getByRole('row').filter({ hasText: code }).waitFor();
  await look(page, 'console-return-returned');
  await page.getByRole('searchbox').fill('không có ai');
  await page.getByText('Không tìm thấy hồ sơ nào với «không có ai».').waitFor();
  const { rows } = await (await officer('officer-4')).get(`/dossiers?view=returned&q=${encodeURIComponent(code)}`);
  assert.equal(rows[0].returned.collector.name, 'TRẦN VĂN CƯỜNG');
});

test('a_dossier_is_handed_to_the_neighbour_who_accepts_it', async (t) => {
  const { code, id } = await receive('officer-4', 4, { name: 'HOÀNG VĂN ĐẠT' });
  const page = await desk(t, 'officer-4', 4, { hash: 'hand-over' });
  await page.getByText('Không có hồ sơ nào trong danh sách này.').waitFor();
  await look(page, 'console-hand-over-empty');
  await button(page, 'Bàn giao mới').click();
  await button(page, `Bàn giao ${code}`).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('option').nth(50).waitFor();
  await dialog.getByRole('button', { name: 'Bàn giao' }).click();
  await dialog.getByText('Chọn đơn vị nhận trong danh sách.').waitFor();
  assert.equal(await dialog.getByRole('listbox').inputValue(), '', 'nothing is chosen beforehand');
  await look(page, 'console-hand-over-refused');
  await dialog.getByRole('searchbox', { name: 'Đơn vị nhận' }).fill('ha tu');
  await until('the only unit that is left is chosen', async () => (await dialog.getByRole('listbox').inputValue()) === '06652-1');
  await dialog.getByLabel('Ghi chú').fill('Thuộc thẩm quyền phường Hà Tu');
  await dialog.getByRole('button', { name: 'Bàn giao' }).click();
  await said(page, new RegExp(`Đang bàn giao hồ sơ ${code} cho .*Hà Tu`));

  const other = await open(t, 'console', { address: `${site.neighbour.base}/console#hand-over` });
  await other.getByLabel('Tên đăng nhập').fill('officer-1');
  await other.getByLabel('Mật khẩu').fill(site.password);
  await other.keyboard.press('Enter');
  await other.getByRole('navigation').waitFor();
  // The offer travels over the hub; the list is read when it is opened.
  await until('the offer has arrived', async () => {
    await button(other, 'Chuyển đi').click();
    await button(other, 'Chuyển đến').click();
    await other.getByText('Đang tải dữ liệu').waitFor({ state: 'detached' });
    return (await other.getByRole('button', { name: code, exact: true }).count()) === 1;
  }, 20_000);
  await look(other, 'console-hand-over-offered');
  await button(other, `Xác nhận đã nhận ${code}`).click();
  await other.locator('.toasts').getByText(`Đã nhận hồ sơ ${code}.`).waitFor();

  await until('the giver hears of it', async () => {
    const { dossier } = await (await officer('officer-4')).get(`/dossiers/${id}`);
    return dossier.custody.state === 'accepted_away';
  }, 20_000);
  await button(page, 'Chuyển đi').click();
  await page.getByRole('row').filter({ hasText: code }).getByText(/Hà Tu đã nhận/).waitFor();
  await look(page, 'console-hand-over-out');
});

test('a_device_in_trouble_says_what_to_do', async (t) => {
  await order(site.printer, 'paper_out');
  await order(site.sign, 'unplug');
  const page = await desk(t, 'officer-4', 4, { hash: 'devices' });
  const printer = page.locator('.devices li').filter({ hasText: 'Máy in phiếu' });
  await printer.getByText('Hết giấy. Thay cuộn giấy; phiếu sẽ tự in.').waitFor({ timeout: 20_000 });
  await page.locator('.devices li').filter({ hasText: 'Quầy 1' }).getByText('Không thấy thiết bị.').waitFor({ timeout: 20_000 });
  await look(page, 'console-devices-trouble');
  await order(site.printer, 'paper_in');
  await order(site.sign, 'plug');
  await printer.getByText('Sẵn sàng').waitFor({ timeout: 20_000 });
  await until('all devices are there again', async () => (await page.locator('.devices .badge.online').count()) === (await page.locator('.devices li').count()), 20_000);
  await look(page, 'console-devices');
  await printer.getByRole('button').click();
  await said(page, /Đã thử .+: thiết bị trả lời\./);
});

test('a_message_of_the_province_stands_over_every_page_until_it_is_read', async (t) => {
  const page = await desk(t, 'officer-4', 4);
  await page.getByRole('heading', { name: 'Danh sách chờ' }).waitFor();
  const text = 'Từ 16:30 hôm nay hệ thống dịch vụ công quốc gia bảo trì. Vẫn tiếp nhận bình thường.';
  execFileSync(program, ['hub', 'order', text, '--config', `${site.folder}/hub.toml`], { stdio: 'pipe' });
  await page.locator('.banner').getByText(text).waitFor();
  await look(page, 'console-message');
  await goTo(page, 'Tiếp nhận hồ sơ');
  await page.locator('.banner').getByText(text).waitFor();
  await goTo(page, 'Tin nhắn');
  await page.locator('.messages').getByText(text).waitFor();
  await look(page, 'console-messages');
  await page.locator('.messages li').filter({ hasText: text }).getByRole('button', { name: 'Đã đọc' }).click();
  await page.getByText(/Đã đọc lúc/).first().waitFor();
  await goTo(page, 'Hàng chờ');
  await page.locator('.banner.message').waitFor({ state: 'detached' });
});

test('a_cut_line_to_the_province_does_not_stop_the_desk', async (t) => {
  t.after(() => order(site.line, 'mend'));
  const page = await desk(t, 'officer-4', 4);
  await page.getByText('Đã đồng bộ với tỉnh').waitFor({ timeout: 20_000 });
  await order(site.line, 'cut');
  await receive('officer-4', 4, { name: 'NGÔ VĂN PHÚC' });
  await page.getByText(/Mất kết nối với tỉnh\. Vẫn tiếp nhận bình thường; [1-9]\d*.mục chờ gửi\./).waitFor({ timeout: 20_000 });
  await look(page, 'console-uplink-cut');
  await order(site.line, 'mend');
  await page.getByText('Đã đồng bộ với tỉnh').waitFor({ timeout: 20_000 });
});

test('the_guide_opens_beside_the_desk', async (t) => {
  const page = await desk(t, 'officer-4', 4);
  const address = await page.getByRole('link', { name: 'Hướng dẫn' }).getAttribute('href');
  const guide = await open(t, 'console', { address });
  await guide.getByRole('heading', { level: 1 }).first().waitFor();
  await look(guide, 'guide');
});
