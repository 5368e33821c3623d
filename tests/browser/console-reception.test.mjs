import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, beforeEach, test } from 'node:test';
import { button, desk, goTo, look, useBrowser } from './pages.mjs';
import { emptyHall, endSession, issue, officer, order, site, until } from './site.mjs';

useBrowser();
before(async () => {
  await emptyHall();
  await (await officer('officer-1')).at(1, 'open');
});
// A card stays at its reader for two minutes; each test begins without one.
beforeEach(async () => (await officer('giam-doc')).forgetCard(1));

const CARD = '022190004567||NGUYỄN THỊ HÒA|14051990|Nữ|Tổ 5, khu 3, phường Cao Xanh, tỉnh Quảng Ninh|20082022';

const field = (page, name) => page.getByLabel(name, { exact: false });
const search = (page) => page.getByRole('combobox', { name: /Tìm theo tên hoặc mã/ });
const said = (page, text) => page.locator('.toasts').getByText(text).first().waitFor();

/** The whole dossier; a list shows less of it. */
async function dossierOf(code) {
  const who = await officer('officer-1');
  const { rows } = await who.get(`/dossiers?q=${encodeURIComponent(code)}`);
  assert.equal(rows.length, 1);
  return (await who.get(`/dossiers/${rows[0].id}`)).dossier;
}

async function chooseBirth(page) {
  await search(page).fill('lam giay khai sinh');
  await page.getByRole('option', { name: /^Đăng ký khai sinh/ }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('table').getByText('Tờ khai đăng ký khai sinh theo mẫu').waitFor();
}

test('a_dossier_goes_from_the_card_to_the_slip', async (t) => {
  const ticket = await issue('ho-tich');
  const page = await desk(t, 'officer-1', 1, { hash: 'reception' });
  await page.getByText('Chọn thủ tục để hiện danh mục giấy tờ.').waitFor();
  await look(page, 'console-reception-empty');
  // A quick hand: the second key comes before the first is answered.
  await page.keyboard.press('F2');
  await page.keyboard.press('F4');
  await page.getByText(`Số đang phục vụ: ${ticket.label}`).waitFor();

  await order(site.reader, `scan ${CARD}`);
  await until('the card fills the form', async () => (await field(page, 'Họ và tên').inputValue()) === 'NGUYỄN THỊ HÒA');
  assert.equal(await field(page, 'Số định danh cá nhân').inputValue(), '022190004567');
  assert.equal(await field(page, 'Ngày sinh').inputValue(), '14/05/1990');
  assert.equal(await field(page, 'Giới tính').inputValue(), 'female');
  assert.match(await field(page, 'Địa chỉ').inputValue(), /^Tổ 5, khu 3, phường Cao Xanh/);
  await look(page, 'console-reception-card');

  await search(page).fill('khai sinh');
  await page.locator('[role=option]').first().waitFor();
  await look(page, 'console-reception-search');
  await chooseBirth(page);
  await page.locator('.due').getByText(/^Hạn trả: \d\d:\d\d .+\d{4}\.$/).waitFor();
  await page.getByText('Xem cách tính').click();
  await page.locator('.reasons li').nth(1).waitFor();
  await page.getByRole('checkbox', { name: /Tờ khai đăng ký khai sinh/ }).check();
  await page.getByText(/^Còn thiếu \d+.giấy tờ bắt buộc/).waitFor();
  await page.keyboard.press('Control+s');
  await page.getByRole('alert').getByText('Ghi lý do tiếp nhận khi còn thiếu giấy tờ.').waitFor();
  await page.locator('input[type=file]').first().setInputFiles({ name: 'tờ khai.jpg', mimeType: 'image/jpeg', buffer: jpeg(1_500_000) });
  await look(page, 'console-reception-filled');
  await field(page, 'Ghi chú').fill('Còn thiếu giấy chứng sinh, hẹn bổ sung trong ngày.');
  await page.getByLabel('Qua bưu chính công ích').last().scrollIntoViewIfNeeded();
  await look(page, 'console-reception-lower');

  // A scan on a slow line shows how far it is.
  const network = await page.context().newCDPSession(page);
  await network.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 750_000 });
  await page.keyboard.press('Control+s');
  const heading = page.getByRole('heading', { name: /^Đã tiếp nhận hồ sơ/ });
  await heading.waitFor();
  const code = (await heading.innerText()).split(' ').at(-1);
  assert.match(code, /^H49\.06658-\d{6}-\d{4}$/);
  await page.getByText(/Đang tải lên [1-9]\d?%/).waitFor();
  await look(page, 'console-reception-uploading');
  await network.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
  await page.getByText('Đã tải lên').waitFor();
  await page.getByText('Máy tính bảng ở quầy đã mở lượt đánh giá.').waitFor();
  await look(page, 'console-reception-saved');

  const link = page.getByRole('link', { name: 'Mở giấy tiếp nhận (PDF)' });
  const slip = await page.context().request.get(new URL(await link.getAttribute('href'), site.base).href);
  assert.equal(slip.status(), 200);
  assert.equal(slip.headers()['content-type'], 'application/pdf');
  const text = textOf(await slip.body());
  assert.ok(text.includes(code), text);
  assert.ok(text.includes('NGUYỄN THỊ HÒA'), text);
  assert.ok(text.includes('Giấy tờ còn thiếu'), text);

  // The short slip prints by itself, and the page says so; what comes then is a reprint.
  await page.getByText('Đã in phiếu hẹn ngắn. Đưa phiếu cho người nộp.').waitFor();
  const papers = printed();
  await button(page, 'In lại phiếu hẹn ngắn').click();
  await until('the short slip is on paper again', () => printed() === papers + 1);
  await page.getByText('Đã in phiếu hẹn ngắn. Đưa phiếu cho người nộp.').waitFor();

  const kept = await dossierOf(code);
  assert.equal(kept.ticket, ticket.id);
  const [first] = kept.components;
  assert.deepEqual([first.received, first.scans.length, first.scans[0].name], [true, 1, 'tờ khai.jpg']);
  // A paper that comes later is scanned into the saved dossier.
  await goTo(page, 'Trả kết quả');
  await button(page, 'Đang xử lý').click();
  await page.getByRole('searchbox').fill(code);
  await button(page, `Chi tiết ${code}`).click();
  const dialog = page.getByRole('dialog');
  await dialog.locator('input[type=file]').nth(1).setInputFiles({ name: 'giấy chứng sinh.jpg', mimeType: 'image/jpeg', buffer: jpeg(20_000) });
  await dialog.getByRole('link', { name: 'giấy chứng sinh.jpg' }).waitFor();
  await look(page, 'console-dossier-attached-later');
  await dialog.getByRole('button', { name: 'Đóng' }).click();

  // The next citizen's card is not lost while the saved dossier still stands there.
  await goTo(page, 'Tiếp nhận');
  await order(site.reader, `scan ${CARD.replace('NGUYỄN THỊ HÒA', 'ĐẶNG VĂN ĐỨC').replace('4567', '4568')}`);
  await page.getByText('Có thẻ của người tiếp theo ở đầu đọc: ĐẶNG VĂN ĐỨC.').waitFor();
  await look(page, 'console-reception-next-card');
  await button(page, 'Hồ sơ mới với thẻ này').click();
  await until('the form has the next person', async () => (await field(page, 'Họ và tên').inputValue()) === 'ĐẶNG VĂN ĐỨC');
});

test('what_is_missing_is_named_and_has_the_focus', async (t) => {
  const page = await desk(t, 'officer-1', 1, { hash: 'reception' });
  await field(page, 'Số định danh cá nhân').fill('0221');
  await button(page, /Lưu hồ sơ/).click();
  await page.getByRole('alert').getByText('Số định danh cá nhân có 12 chữ số. Kiểm tra lại.').waitFor();
  assert.ok(await field(page, 'Số định danh cá nhân').evaluate((node) => node === document.activeElement));
  await look(page, 'console-reception-refused');
  await field(page, 'Số định danh cá nhân').fill('022190004567');
  await button(page, /Lưu hồ sơ/).click();
  await page.getByRole('alert').getByText('Nhập họ và tên chủ hồ sơ.').waitFor();
  await field(page, 'Họ và tên').fill('LÊ VĂN NAM');
  await field(page, 'Ngày sinh').fill('31/02/1990');
  await button(page, /Lưu hồ sơ/).click();
  await page.getByRole('alert').getByText('Ngày sinh chưa đúng. Nhập dạng 14/05/1990.').waitFor();
  await field(page, 'Ngày sinh').fill('28021990');
  await button(page, /Lưu hồ sơ/).click();
  await page.getByRole('alert').getByText('Chọn thủ tục hành chính.').waitFor();
  await search(page).fill('không có thủ tục nào như thế');
  await page.getByText('Không tìm thấy thủ tục. Thử từ khác hoặc mã TTHC.').waitFor();
  await look(page, 'console-reception-not-found');
  await button(page, 'Xóa phần đã nhập').click();
  await said(page, 'Đã xóa phần đang nhập.');
  await button(page, 'Hoàn tác').click();
  assert.equal(await field(page, 'Họ và tên').inputValue(), 'LÊ VĂN NAM');
});

test('a_card_of_somebody_else_does_not_overwrite_what_is_being_typed', async (t) => {
  const page = await desk(t, 'officer-1', 1, { hash: 'reception' });
  await field(page, 'Họ và tên').fill('PHẠM THỊ LAN');
  await order(site.reader, `scan ${CARD}`);
  await page.getByText('Có thẻ mới ở đầu đọc: NGUYỄN THỊ HÒA.').waitFor();
  assert.equal(await field(page, 'Họ và tên').inputValue(), 'PHẠM THỊ LAN');
  await look(page, 'console-reception-other-card');
  await button(page, 'Dùng thẻ này').click();
  assert.equal(await field(page, 'Họ và tên').inputValue(), 'NGUYỄN THỊ HÒA');
  await order(site.reader, 'scan https://example.vn/khong-phai-the');
  await said(page, 'Không đọc được thẻ. Đặt lại thẻ hoặc nhập tay.');
  await goTo(page, 'Hàng chờ');
  await order(site.reader, `scan ${CARD.replace('NGUYỄN THỊ HÒA', 'ĐẶNG VĂN ĐỨC').replace('4567', '4568')}`);
  await said(page, 'Đầu đọc vừa nhận thẻ ĐẶNG VĂN ĐỨC.');
  await look(page, 'console-card-elsewhere');
});

test('an_ended_session_keeps_what_is_typed', async (t) => {
  const page = await desk(t, 'officer-1', 1, { hash: 'reception' });
  await field(page, 'Họ và tên').fill('VŨ THỊ MAI');
  await chooseBirth(page);
  await button(page, 'Nhận đủ').click();
  assert.equal(await page.getByRole('checkbox', { name: /Văn bản ủy quyền/ }).isChecked(), false, 'only the officer knows whether it was there');
  await endSession(page.context());
  await page.keyboard.press('Control+s');
  const overlay = page.getByRole('dialog');
  await overlay.getByText('Phiên làm việc đã hết. Đăng nhập lại; phần đang nhập đã lưu.').waitFor();
  await look(page, 'console-expired');
  await overlay.getByLabel('Tên đăng nhập').fill('officer-1');
  await overlay.getByLabel('Mật khẩu').fill(site.password);
  await page.keyboard.press('Enter');
  await overlay.waitFor({ state: 'detached' });
  assert.equal(await field(page, 'Họ và tên').inputValue(), 'VŨ THỊ MAI');
  await page.keyboard.press('Control+s');
  await page.getByRole('heading', { name: /^Đã tiếp nhận hồ sơ/ }).waitFor();
});

/** Nobody sits at counter 1; what the tests before left there is finished. */
async function finishCurrent() {
  const who = await officer('officer-1');
  const { current } = (await who.get('/counters')).find((one) => one.number === 1);
  if (current) await who.at(1, 'complete');
}

/** Calls the next number and begins with it, by key. */
async function serve(page, ticket) {
  await page.keyboard.press('F2');
  await page.locator('.ticket-bar').getByText(ticket.label, { exact: true }).waitFor();
  await page.keyboard.press('F4');
  await page.locator('.ticket-bar').getByText('Đang phục vụ').waitFor();
}

async function finish(page, ticket) {
  await page.keyboard.press('F9');
  await said(page, `Hoàn thành ${ticket.label}.`);
}

test('what_was_typed_for_one_number_is_not_filed_with_the_next', async (t) => {
  await finishCurrent();
  const [first, second, third] = [await issue('ho-tich'), await issue('ho-tich'), await issue('ho-tich')];
  const page = await desk(t, 'officer-1', 1, { hash: 'reception' });
  await page.getByText('Chọn thủ tục để hiện danh mục giấy tờ.').waitFor();
  await serve(page, first);
  await field(page, 'Họ và tên').fill('TRẦN VĂN AN');
  await chooseBirth(page);
  await button(page, 'Nhận đủ').click();
  await finish(page, first);
  await serve(page, second);

  const banner = page.locator('.other-ticket');
  await banner.getByText(`Phần đang nhập là của số ${first.label}; đang phục vụ số ${second.label}.`, { exact: false }).waitFor();
  await look(page, 'console-reception-other-number');
  await page.keyboard.press('Control+s');
  await until('the question has the focus', () => banner.evaluate((node) => node === document.activeElement));
  assert.equal(await page.getByRole('heading', { name: /^Đã tiếp nhận hồ sơ/ }).count(), 0);

  await banner.getByRole('button', { name: 'Hồ sơ mới' }).click();
  await said(page, 'Đã xóa phần đang nhập.');
  assert.equal(await field(page, 'Họ và tên').inputValue(), '');
  await banner.waitFor({ state: 'detached' });
  await button(page, 'Hoàn tác').click();
  await banner.waitFor();
  assert.equal(await field(page, 'Họ và tên').inputValue(), 'TRẦN VĂN AN');
  await banner.getByRole('button', { name: `Cùng một người, dùng cho ${second.label}` }).click();
  await banner.waitFor({ state: 'detached' });
  await page.keyboard.press('Control+s');
  const heading = page.getByRole('heading', { name: /^Đã tiếp nhận hồ sơ/ });
  await heading.waitFor();
  const code = (await heading.innerText()).split(' ').at(-1);
  assert.equal((await dossierOf(code)).ticket, second.id);

  // The saved dossier makes way for the next person, and is still found.
  await finish(page, second);
  await serve(page, third);
  await said(page, `Trang đã sang hồ sơ mới. Hồ sơ trước đã lưu: ${code}.`);
  await heading.waitFor({ state: 'detached' });
  assert.equal(await field(page, 'Họ và tên').inputValue(), '');
  await button(page, 'Xem hồ sơ đã lưu').click();
  const dialog = page.getByRole('dialog', { name: `Hồ sơ ${code}` });
  await dialog.getByText('TRẦN VĂN AN').waitFor();
  await dialog.getByRole('button', { name: 'Đóng' }).click();
  await look(page, 'console-reception-next-number');
});

test('a_refused_scan_says_why_and_files_on_their_way_keep_their_dossier_on_the_page', async (t) => {
  await finishCurrent();
  const [first, second] = [await issue('ho-tich'), await issue('ho-tich')];
  const page = await desk(t, 'officer-1', 1, { hash: 'reception' });
  await page.getByText('Chọn thủ tục để hiện danh mục giấy tờ.').waitFor();
  await serve(page, first);
  await field(page, 'Họ và tên').fill('HOÀNG THỊ YẾN');
  await chooseBirth(page);
  await button(page, 'Nhận đủ').click();
  await page.keyboard.press('Control+s');
  const heading = page.getByRole('heading', { name: /^Đã tiếp nhận hồ sơ/ });
  await heading.waitFor();
  const code = (await heading.innerText()).split(' ').at(-1);

  // Named a JPEG, and none: sending it again would change nothing.
  await page.locator('input[type=file]').first().setInputFiles({ name: 'hỏng.jpg', mimeType: 'image/jpeg', buffer: Buffer.alloc(2_000, 0x41) });
  await page.getByRole('alert').getByText('Tệp không phải JPEG hoặc PDF. Quét lại rồi tải lên.').waitFor();
  assert.equal(await page.locator('.attachment').getByRole('button', { name: 'Thử lại' }).count(), 0);
  assert.ok(await button(page, 'Tiếp nhận hồ sơ mới').isEnabled());
  await look(page, 'console-reception-scan-refused');
  await button(page, 'Bỏ tệp hỏng.jpg').click();
  await page.locator('.attachment').waitFor({ state: 'detached' });

  let release;
  const released = new Promise((done) => (release = done));
  await page.route(/\/scans\?/, async (route) => {
    await released;
    await route.continue();
  });
  await page.locator('input[type=file]').first().setInputFiles({ name: 'tờ khai.jpg', mimeType: 'image/jpeg', buffer: jpeg(20_000) });
  await page.getByText(/^Còn 1.tệp chưa tải lên/).waitFor();
  await finish(page, first);
  await serve(page, second);
  await page.getByRole('alert').getByText(`Phần này là của hồ sơ ${code}, số ${first.label}; đang phục vụ số ${second.label}.`, { exact: false }).waitFor();
  await look(page, 'console-reception-saved-other-number');
  release();
  await said(page, `Trang đã sang hồ sơ mới. Hồ sơ trước đã lưu: ${code}.`);
  await heading.waitFor({ state: 'detached' });
});

test('a_reload_asks_while_something_is_typed', async (t) => {
  const page = await desk(t, 'officer-1', 1, { hash: 'reception' });
  await field(page, 'Họ và tên').fill('BÙI VĂN LÂM');
  const asked = page.waitForEvent('dialog');
  const reloaded = page.reload();
  const question = await asked;
  assert.equal(question.type(), 'beforeunload');
  await question.accept();
  await reloaded;
  await page.getByText('Chọn thủ tục để hiện danh mục giấy tờ.').waitFor();
  assert.equal(await field(page, 'Họ và tên').inputValue(), '');
});

const printed = () => readFileSync(`${site.folder}/06658-1/printer.jsonl`, 'utf8').split('\n').filter((one) => one.includes('"cut"')).length;

/** What a reader of PDF files finds, in the letters' composed form. */
function textOf(pdf) {
  const file = join(tmpdir(), `motcua-slip-${process.pid}.pdf`);
  writeFileSync(file, pdf);
  return execFileSync('pdftotext', ['-layout', file, '-'], { encoding: 'utf8' }).normalize('NFC');
}

/** Bytes that begin as a JPEG does. */
function jpeg(bytes) {
  const file = Buffer.alloc(bytes, 0x5a);
  Buffer.from([0xff, 0xd8, 0xff, 0xe0]).copy(file);
  return file;
}
