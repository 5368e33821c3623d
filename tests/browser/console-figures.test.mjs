import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, test } from 'node:test';
import { inflateRawSync } from 'node:zlib';
import { button, desk, goTo, look, useBrowser } from './pages.mjs';
import { emptyHall, issue, officer, until } from './site.mjs';

useBrowser();
before(emptyHall);

const heading = (page, name) => page.getByRole('heading', { name });
const link = (page, name) => page.getByRole('link', { name });

/** Takes a file as a person does, and gives its name and bytes. */
async function taken(page, name) {
  const [download] = await Promise.all([page.waitForEvent('download'), link(page, name).click()]);
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

/** One file of a ZIP archive, found by the archive's directory. */
function unzipped(bytes, name) {
  const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  let at = bytes.readUInt32LE(end + 16);
  while (bytes.readUInt32LE(at) === 0x02014b50) {
    const length = bytes.readUInt16LE(at + 28);
    if (bytes.toString('utf8', at + 46, at + 46 + length) === name) {
      const local = bytes.readUInt32LE(at + 42);
      const from = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
      const data = bytes.subarray(from, from + bytes.readUInt32LE(at + 20));
      return (bytes.readUInt16LE(at + 10) === 0 ? data : inflateRawSync(data)).toString('utf8');
    }
    at += 46 + length + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  throw new Error(`no ${name} in the archive`);
}

test('an_officer_at_a_counter_is_not_offered_the_figures', async (t) => {
  const page = await desk(t, 'officer-1', 1, { hash: 'figures' });
  await link(page, 'Hàng chờ').waitFor();
  assert.equal(await link(page, 'Số liệu').count(), 0);
  assert.equal(await heading(page, 'Sảnh chờ lúc này').count(), 0, 'nor by its address');
});

test('the_head_is_told_to_open_a_counter_when_nobody_can_be_called_in_time', async (t) => {
  const page = await desk(t, 'giam-doc', null);
  await goTo(page, 'Số liệu');
  await page.getByText('Không có người chờ.').waitFor();
  await look(page, 'console-figures-calm');
  await issue('ho-tich');
  await issue('ho-tich', 'elderly');
  await page.reload();
  const hall = page.getByRole('region', { name: 'Sảnh chờ lúc này' });
  await hall.getByRole('heading', { name: /^Mở thêm quầy: / }).waitFor();
  await hall.getByText('0\u00a0quầy đang mở làm được nhiều nhất 0\u00a0phút.').waitFor();
  await hall.getByText(/^Mở được: quầy 1|Mở được: quầy 1/).first().waitFor();
  const rows = hall.getByRole('table', { name: 'Người đang chờ theo lĩnh vực và đối tượng' }).getByRole('row');
  assert.equal(await rows.count(), 3, 'a head, the priority class, the regular one');
  await look(page, 'console-figures-advice');
});

/** The center foretells this; everything else is the real center's. */
const foretold = (forecast) => async (page) => {
  await page.route('**/api/v1/reports/hall', async (route) => {
    const response = await route.fetch();
    return route.fulfill({ response, json: { ...(await response.json()), forecast } });
  });
};

test('the_head_reads_when_waiting_will_pass_the_promise_and_how_sure_that_is', async (t) => {
  const overload = {
    services: ['ho-tich'],
    class: 'regular',
    at: '2099-11-23T02:30:00Z',
    waiting: 4,
    waiting_s: 1680,
    coming: 42,
    coming_s: 15120,
    counters: 2,
    done_s: 10800,
    left_s: 6000,
    last_s: 360,
    wait_s: 2820,
    promise_s: 2700,
    more: 1,
    open: [2],
    days_over: 9,
    early: '2099-11-23T02:10:00Z',
    late: '2099-11-23T03:00:00Z',
  };
  const known = { state: 'known', days: 12, days_min: 5, until: '2099-11-23T04:30:00Z', coming: 80, days_over: 9, overloads: [overload] };
  const page = await desk(t, 'giam-doc', null, { hash: 'figures', prepare: foretold(known) });
  const ahead = page.getByRole('region', { name: 'Dự báo những giờ tới' });
  await ahead.getByRole('heading', { name: /^Nếu đông như mọi ngày, khoảng 09:30 sẽ chờ quá mức cam kết: / }).waitFor();
  await ahead.getByText('28 + 252 − 180 = 100: còn lại 100\u00a0phút việc.').waitFor();
  await ahead.getByText(/9.ngày trong đó như vậy, phần lớn từ 09:10 đến 10:00\.$/).waitFor();
  await ahead.getByText('Mở được: quầy 2.').waitFor();
  await look(page, 'console-figures-ahead');
});

test('a_center_that_knows_too_few_days_says_so_instead_of_guessing', async (t) => {
  const few = { state: 'too_few_days', days: 2, days_min: 5, until: null, coming: 0, days_over: 0, overloads: [] };
  const page = await desk(t, 'giam-doc', null, { hash: 'figures', prepare: foretold(few) });
  const ahead = page.getByRole('region', { name: 'Dự báo những giờ tới' });
  await ahead.getByText(/^Chưa dự báo: mới biết 2.ngày .*, cần ít nhất 5.ngày\.$/).waitFor();
  assert.equal(await ahead.getByRole('listitem').count(), 0);
  await look(page, 'console-figures-ahead-too-few');
});

test('a_calm_forecast_counts_no_days_that_there_are_not_and_of_too_few_calls_nothing_is_said', async (t) => {
  const calm = { state: 'known', days: 12, days_min: 5, until: '2099-11-23T04:30:00Z', coming: 80, days_over: 0, overloads: [] };
  const page = await desk(t, 'giam-doc', null, { hash: 'figures', prepare: foretold(calm) });
  const ahead = page.getByRole('region', { name: 'Dự báo những giờ tới' });
  await ahead.getByText(/xét riêng từng ngày cũng không ngày nào quá\.$/).waitFor();
  const few = { ...calm, state: 'too_few_calls', until: null, coming: 0 };
  const other = await desk(t, 'giam-doc', null, { hash: 'figures', prepare: foretold(few) });
  const silent = other.getByRole('region', { name: 'Dự báo những giờ tới' });
  await silent.getByText(/^Chưa dự báo: 12.ngày .* quá ít lượt /).waitFor();
  assert.equal(await silent.getByText(/^Nếu đông như mọi ngày/).count(), 0);
});

test('the_figures_of_the_day_are_chosen_by_keyboard_and_taken_away_as_files', async (t) => {
  await emptyHall();
  const own = await officer('officer-1');
  await own.at(1, 'open');
  await issue('ho-tich');
  for (const verb of ['call-next', 'begin', 'complete']) await own.at(1, verb);
  const page = await desk(t, 'giam-doc', null, { hash: 'figures' });
  await page.getByRole('table', { name: 'Theo giờ: số đã cấp và thời gian chờ' }).waitFor();
  await look(page, 'console-figures');
  await button(page, 'Cán bộ').focus();
  await page.keyboard.press('Enter');
  const table = page.getByRole('region', { name: 'Bảng số liệu' });
  await table.getByRole('columnheader', { name: 'Cán bộ' }).waitFor();
  await table.getByRole('rowheader', { name: 'Nguyễn Thị Hồng' }).waitFor();
  await table.getByRole('columnheader', { name: 'Quầy rảnh: trung vị · 90% · 95%' }).waitFor();
  await look(page, 'console-figures-officers');

  const csv = await taken(page, 'Tải CSV');
  assert.match(csv.name, /^so-lieu-\d{4}-\d\d-\d\d-\d{4}-\d\d-\d\d-officer\.csv$/);
  assert.deepEqual([...csv.bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf], 'Excel knows UTF-8 by its mark');
  assert.match(csv.bytes.toString('utf8'), /\r\nNguyễn Thị Hồng,/);
  const xlsx = await taken(page, 'Tải Excel');
  assert.match(xlsx.name, /-officer\.xlsx$/);
  assert.match(unzipped(xlsx.bytes, 'xl/sharedStrings.xml'), />Nguyễn Thị Hồng</);
  const cells = unzipped(xlsx.bytes, 'xl/worksheets/sheet1.xml');
  assert.match(cells, /<c r="A5"[^>]* t="s">/, 'words are words');
  // How many depends on what this officer has called before in this demo.
  assert.match(cells, /<c r="B5"(?![^>]* t=)[^>]*><v>[1-9]\d*<\/v>/, 'counts are numbers');
  assert.doesNotMatch(cells, /<f[ >]/, 'and nothing is a formula');
});

test('days_that_cannot_be_shown_say_why_and_days_without_numbers_say_so', async (t) => {
  const page = await desk(t, 'giam-doc', null, { hash: 'figures' });
  await page.getByLabel('Từ ngày').fill('2020-01-06');
  await page.getByRole('alert').getByText(/^Xem nhiều nhất 92.ngày một lần/).waitFor();
  assert.equal(await link(page, 'Tải CSV').count(), 0, 'nothing to take away');
  await look(page, 'console-figures-too-long');
  await page.getByLabel('Đến ngày').fill('2020-01-05');
  await page.getByRole('alert').getByText('Từ ngày phải không sau Đến ngày.').waitFor();
  await page.getByLabel('Đến ngày').fill('2020-01-06');
  await page.getByText('Không có số nào trong những ngày này.').waitFor();
  await look(page, 'console-figures-no-numbers');
  await button(page, 'Hôm nay').click();
  await until('today to be chosen', async () => (await page.getByLabel('Từ ngày').inputValue()) === (await page.getByLabel('Đến ngày').inputValue()));
});
