import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { button, look, open, useBrowser } from './pages.mjs';
import { issue, order, receive, emptyHall, officer, site, until } from './site.mjs';

useBrowser();
before(async () => {
  await emptyHall();
  await (await officer('officer-1')).at(1, 'open');
  await receive('officer-1', 1, { name: 'CAO VĂN MƯỜI' });
  await issue('ho-tich');
});

async function fleet(t, base = site.hub, prepare) {
  const page = await open(t, 'fleet', { address: `${base}/fleet`, prepare });
  await page.getByLabel('Tên đăng nhập').waitFor();
  return page;
}

async function login(page, password = site.password) {
  await page.getByLabel('Tên đăng nhập').fill('tinh');
  await page.getByLabel('Mật khẩu').fill(password);
  await page.keyboard.press('Enter');
}

const row = (page, name) => page.getByRole('row').filter({ hasText: name });

test('every_node_has_a_row_with_what_waits_there', async (t) => {
  const page = await fleet(t);
  await look(page, 'fleet-login');
  await login(page, 'không phải mật khẩu này');
  await page.getByRole('alert').waitFor();
  await look(page, 'fleet-login-refused');
  await login(page);
  await row(page, 'Cao Xanh').getByText('Đang kết nối').waitFor();
  await row(page, 'Hà Tu').getByText('Đang kết nối').waitFor();
  // What the center has is at the hub a moment later.
  const cells = () => row(page, 'Cao Xanh').getByRole('cell').allInnerTexts();
  await until('the dossier and the citizen are counted', async () => {
    const all = await cells();
    return Number(all[4]) >= 1 && all[5] === '1';
  }, 15_000);
  assert.deepEqual((await cells()).slice(6, 8), ['0', '0'], 'nothing stands aside, no scan is missing');
  await look(page, 'fleet-nodes');
  await button(page, /^Xem chi tiết .*Cao Xanh/).click();
  await page.getByRole('dialog').getByText('Không có gì chờ kỹ thuật xem.').waitFor();
  await look(page, 'fleet-aside');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.getByRole('searchbox').fill('ha tu');
  await row(page, 'Cao Xanh').waitFor({ state: 'detached' });
  await button(page, 'English').click();
  await look(page, 'fleet-english');
});

test('a_message_is_written_to_chosen_centers_and_its_arrival_is_seen', async (t) => {
  const page = await fleet(t);
  await login(page);
  await row(page, 'Hà Tu').waitFor();
  await button(page, 'Gửi tin').click();
  await page.getByText('Nhập nội dung tin.').waitFor();
  await page.getByLabel('Nội dung').fill('Họp giao ban trực tuyến lúc 16:30.');
  await page.getByLabel(/Các trung tâm đã chọn/).check();
  await button(page, 'Gửi tin').click();
  await page.getByText('Chọn ít nhất một trung tâm trong bảng.').waitFor();
  await look(page, 'fleet-refused');
  await page.getByRole('checkbox', { name: /Hà Tu/ }).check();
  await button(page, 'Gửi tin').click();
  await page.getByText('Đã gửi tin.').waitFor();
  const sent = page.getByRole('listitem').filter({ hasText: 'Họp giao ban trực tuyến lúc 16:30.' });
  // Nobody reloads: the list asks by itself and says as of when.
  await sent.getByText(/Đã nhận 1\/1 trung tâm, đã đọc 0\/1/).waitFor({ timeout: 20_000 });
  await page.getByText(/Số liệu lúc \d\d:\d\d:\d\d/).waitFor();
  await look(page, 'fleet-sent');
});

test('a_center_that_went_away_stands_first_and_says_since_when', async (t) => {
  t.after(() => order(site.line, 'mend'));
  const page = await fleet(t);
  await login(page);
  await row(page, 'Cao Xanh').getByText('Đang kết nối').waitFor();
  await order(site.line, 'cut');
  await row(page, 'Cao Xanh').getByText(/Mất kết nối từ \d\d:\d\d \(.+\)\. Gọi trung tâm kiểm tra nguồn và đường truyền;/).waitFor({ timeout: 40_000 });
  // How far behind it is, nobody here can say now; what was known is marked as old.
  await row(page, 'Cao Xanh').getByText(/Không rõ từ \d\d:\d\d/).waitFor();
  assert.equal(await row(page, 'Cao Xanh').getByText(/số liệu lúc \d\d:\d\d/).count(), 2);
  assert.match(await page.getByRole('row').nth(1).innerText(), /Cao Xanh/);
  await look(page, 'fleet-offline');
  await order(site.line, 'mend');
  await row(page, 'Cao Xanh').getByText('Đang kết nối').waitFor({ timeout: 30_000 });
});

test('leaders_see_the_figures_of_all_centers_and_take_them_away', async (t) => {
  const page = await fleet(t);
  await login(page);
  await row(page, 'Cao Xanh').waitFor();
  await button(page, 'Số liệu toàn tỉnh').click();
  const bars = page.getByRole('table', { name: 'Số đã cấp và thời gian chờ' });
  await bars.getByRole('row').filter({ hasText: 'Cao Xanh' }).waitFor();
  await look(page, 'fleet-figures');
  await button(page, 'Lĩnh vực').click();
  await bars.getByRole('row').filter({ hasText: 'Hộ tịch' }).waitFor();
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Tải CSV' }).click()]);
  assert.match(file.suggestedFilename(), /^so-lieu-tinh-.+-service\.csv$/);
  await page.getByLabel('Đến ngày').fill('2020-01-31');
  await page.getByLabel('Từ ngày').fill('2020-01-01');
  await page.getByText('Không có số nào trong những ngày này.').waitFor();
  await look(page, 'fleet-figures-empty');
});

test('a_province_without_centers_says_how_to_enrol_the_first', async (t) => {
  const page = await fleet(t, site.hub, (fresh) => fresh.route('**/api/v1/nodes', (route) => route.fulfill({ json: [] })));
  await login(page);
  await page.getByText('motcua hub enrol 06658-1').waitFor();
  await look(page, 'fleet-empty');
});

/** The hub's own rows, and what it says of Cao Xanh when a copied disk has spoken up. */
async function forked(fresh) {
  await fresh.route('**/api/v1/nodes', async (route) => {
    const response = await route.fetch();
    const copied = { state: 'frozen', frozen_code: 'stream.fork', alarms: 1 };
    const all = (await response.json()).map((one) => (one.unit_name.includes('Cao Xanh') ? { ...one, ...copied } : one));
    return route.fulfill({ response, json: all });
  });
  const of = (seq) => ({ actor: 'officer-1', at: '2026-11-30T01:20:00Z', epoch: 1, seq });
  const ticket = { kind: 'ticket', subject: '0198-a2', public: { label: 'A042', state: 'waiting' }, private: null };
  const json = {
    alarms: [{ code: 'stream.fork', detail: 'epoch 1, entry 41', raised_at: '2026-11-30T01:30:00Z' }],
    conflicts: [], down_parked: [], parked: [], refused: [],
    salvaged: [{ ...of(42), code: 'entry.unknown_kind', content: [] }, { ...of(41), code: null, content: [ticket] }],
  };
  await fresh.route('**/api/v1/nodes/*/parked', (route) => route.fulfill({ json }));
}

test('which_of_two_boxes_goes_on_is_chosen_by_pressing_twice', async (t) => {
  const page = await fleet(t, site.hub, forked);
  await login(page);
  await row(page, 'Cao Xanh').waitFor();
  await look(page, 'fleet-fork-row');
  await button(page, /^Xem chi tiết .*Cao Xanh/).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Hai máy cùng tên: chọn máy nào?').waitFor();
  await look(page, 'fleet-fork');
  const asked = [];
  page.on('request', (request) => request.url().endsWith('/thaw') && asked.push(request.url()));
  await button(page, 'Tiếp tục với nhật ký ở tỉnh').click();
  await button(page, 'Máy kia đã tắt. Tiếp tục').waitFor();
  assert.deepEqual(asked, [], 'one press decides nothing');
  await button(page, 'Máy kia đã tắt. Tiếp tục').click();
  // At the hub itself this center has one box only, and it says that there is nothing to decide.
  await dialog.getByText('Máy này không còn gì phải chọn:').waitFor();
  assert.equal(asked.length, 1);
  await look(page, 'fleet-fork-refused');
});
