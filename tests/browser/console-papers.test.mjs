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
  const who = await officer('officer-4');
  const { rows } = await who.get(`/dossiers?view=returned&q=${encodeURIComponent(code)}`);
  const { dossier } = await who.get(`/dossiers/${rows[0].id}`);
  assert.equal(dossier.returned.collector.name, 'TRẦN VĂN CƯỜNG');
});

test('a_dossier_is_handed_to_the_neighbour_who_accepts_it', async (t) => {
  const { code, id } = await receive('officer-4', 4, { name: 'HOÀNG VĂN ĐẠT' });
  const page = await desk(t, 'officer-4', 4, { hash: 'hand-over' });
  await page.getByText('Không có hồ sơ nào trong danh sách này.').waitFor();
  await look(page, 'console-hand-over-empty');
  await button(page, 'Bàn giao mới').click();
  await button(page, `Bàn giao ${code}`).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('option', { name: 'Phường Hà Tu', exact: true }).waitFor();
  await dialog.getByRole('button', { name: 'Bàn giao' }).click();
  await dialog.getByText('Chọn đơn vị nhận trong danh sách.').waitFor();
  assert.equal(await dialog.getByRole('listbox').inputValue(), '', 'nothing is chosen beforehand');
  await look(page, 'console-hand-over-refused');
  await dialog.getByRole('searchbox', { name: 'Đơn vị nhận' }).fill('viet hung');
  await dialog.getByText('Phường Việt Hưng chưa có máy chủ đăng ký với tỉnh nên chưa nhận bàn giao được. Chọn đơn vị khác.').waitFor();
  await look(page, 'console-hand-over-no-box');
  await dialog.getByRole('searchbox', { name: 'Đơn vị nhận' }).fill('ha tu');
  await until('the only unit that is left is chosen', async () => (await dialog.getByRole('listbox').inputValue()) === '06652-1');
  await dialog.getByRole('searchbox', { name: 'Đơn vị nhận' }).press('Enter');
  await dialog.getByText('Thu hồi được cho đến khi tỉnh chuyển cho đơn vị nhận').waitFor();
  await dialog.getByLabel('Ghi chú').fill('Thuộc thẩm quyền phường Hà Tu');
  await dialog.getByLabel('Ghi chú').press('Enter');
  const asIs = await (await officer('officer-4')).get(`/dossiers/${id}`);
  assert.equal(asIs.dossier.custody.state, 'held', 'Enter in a field hands nothing over');
  await dialog.getByRole('button', { name: 'Bàn giao' }).click();
  await said(page, new RegExp(`Đã ghi bàn giao hồ sơ ${code} cho .*Hà Tu`));
  // On its way, at the province, but nobody else has it yet.
  await button(page, 'Chuyển đi').click();
  const sent = page.getByRole('row').filter({ hasText: code });
  await sent.getByText('Tỉnh đã nhận và chuyển cho Phường Hà Tu; chờ Phường Hà Tu xác nhận').waitFor({ timeout: 20_000 });
  assert.equal(await sent.getByRole('button', { name: `Thu hồi ${code}` }).count(), 0);
  await look(page, 'console-hand-over-passed-on');

  await page.getByRole('banner').getByText('Phường Cao Xanh').waitFor();
  const other = await open(t, 'console', { address: `${site.neighbour.base}/console#hand-over` });
  await other.getByText('Trung tâm Phục vụ hành chính công phường Hà Tu').waitFor();
  await other.getByLabel('Tên đăng nhập').fill('officer-1');
  await other.getByLabel('Mật khẩu').fill(site.password);
  await other.keyboard.press('Enter');
  await other.getByRole('navigation').waitFor();
  await other.getByRole('banner').getByText('Phường Hà Tu').waitFor();
  // The offer travels over the hub; the list is read when it is opened.
  await until('the offer has arrived', async () => {
    await button(other, 'Chuyển đi').click();
    await button(other, 'Chuyển đến').click();
    await other.getByText('Đang tải dữ liệu').waitFor({ state: 'detached' });
    return (await other.getByRole('button', { name: code, exact: true }).count()) === 1;
  }, 20_000);
  await look(other, 'console-hand-over-offered');
  await button(other, `Xác nhận đã nhận ${code}`).click();
  const taken = other.locator('.toasts').getByText(`Đã nhận hồ sơ ${code}.`);
  await taken.waitFor();
  // Long before it goes by itself: it is a sentence of the language before.
  await button(other, 'English').click();
  await taken.waitFor({ state: 'detached', timeout: 2_000 });

  await until('the giver hears of it', async () => {
    const { dossier } = await (await officer('officer-4')).get(`/dossiers/${id}`);
    return dossier.custody.state === 'accepted_away';
  }, 20_000);
  await said(page, new RegExp(`Phường Hà Tu đã xác nhận nhận hồ sơ ${code}\\.`));
  await sent.getByText('Phường Hà Tu đã xác nhận và đang giữ').waitFor();
  await look(page, 'console-hand-over-out');
});

test('a_refused_dossier_comes_back_with_its_reason_and_the_officer_is_told', async (t) => {
  const { code, id } = await receive('officer-4', 4, { name: 'VŨ THỊ KIM' });
  const page = await desk(t, 'officer-4', 4, { hash: 'return' });
  // The page follows what comes from here on.
  await page.getByText(/Đã đồng bộ với tỉnh|Đang gửi về tỉnh/).waitFor();
  await (await officer('officer-4')).post(`/dossiers/${id}/hand-over`, { to_node: '06652-1' });
  const other = await officer('officer-1', site.neighbour.base);
  await until('the offer has arrived', async () => (await other.get(`/dossiers?view=incoming`)).rows.some((row) => row.id === id), 20_000);
  await other.post(`/dossiers/${id}/refuse`, { reason: 'Không thuộc địa bàn phường' });
  // Told wherever the officer is, and still to be read in the list afterwards.
  const news = page.locator('.toasts').getByText(new RegExp(`Phường Hà Tu từ chối nhận hồ sơ ${code}`));
  await news.waitFor({ timeout: 20_000 });
  await look(page, 'console-hand-over-news');
  await page.locator('.toasts').getByRole('button', { name: 'Mở Bàn giao' }).click();
  await button(page, 'Bàn giao mới').click();
  const back = page.getByRole('row').filter({ hasText: code });
  await back.getByText(/^Phường Hà Tu từ chối nhận lúc /).waitFor();
  await back.getByText('Lý do: Không thuộc địa bàn phường').waitFor();
  await look(page, 'console-hand-over-came-back');
});

test('the_unit_under_the_mouse_is_the_unit_that_gets_the_dossier', async (t) => {
  const { code } = await receive('officer-4', 4, { name: 'ĐINH VĂN LONG' });
  let posted;
  const page = await desk(t, 'officer-4', 4, {
    hash: 'hand-over',
    prepare: async (fresh) => {
      // Many boxes, as in the whole province.
      await fresh.route('**/api/v1/units', async (route) => {
        const units = await (await route.fetch()).json();
        await route.fulfill({ json: units.map((unit, n) => ({ ...unit, accepts: n % 2 === 0 })) });
      });
      await fresh.route('**/hand-over', (route) => {
        posted = route.request().postDataJSON();
        return route.fulfill({ status: 409, json: { code: 'test.stopped', message: 'Dừng ở đây.', message_en: 'Stopped.', details: {} } });
      });
    },
  });
  await button(page, 'Bàn giao mới').click();
  await button(page, `Bàn giao ${code}`).click();
  const dialog = page.getByRole('dialog');
  const list = dialog.getByRole('listbox');
  await dialog.getByRole('option').nth(5).waitFor();
  const units = await list.locator('option:not([hidden]):not(:disabled)').evaluateAll((all) => all.map((one) => ({ node: one.value, name: one.textContent })));
  const at = async (index) => {
    const box = await list.locator('option:not([hidden])').nth(index).boundingBox();
    await page.mouse.click(box.x + box.width / 3, box.y + box.height / 2);
  };
  for (const index of [0, 2, 1, 3]) {
    await at(index);
    assert.equal(await list.inputValue(), units[index].node, units[index].name);
    await dialog.getByRole('button', { name: 'Bàn giao' }).click();
    await until('it is posted', () => posted !== undefined);
    assert.equal(posted.to_node, units[index].node);
    posted = undefined;
    await page.locator('.toasts').getByText('Dừng ở đây.').first().waitFor();
  }
  // Scrolled down, and one that cannot take it: nothing else is chosen instead.
  const unable = list.locator('option:disabled').first();
  await unable.scrollIntoViewIfNeeded();
  const box = await unable.boundingBox();
  await page.mouse.click(box.x + box.width / 3, box.y + box.height / 2);
  assert.equal(await list.inputValue(), units[3].node);
  // Typing that leaves out what was chosen leaves nothing chosen.
  await dialog.getByRole('searchbox').fill('dac khu');
  assert.notEqual(await list.inputValue(), units[3].node);
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
  await page.getByText(/1.cán bộ đã đọc, đầu tiên lúc/).first().waitFor();
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
