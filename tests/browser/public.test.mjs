/** What the province shows to everybody: how many wait where, and one ticket by the code on its paper. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { look, open, useBrowser } from './pages.mjs';
import { newestCode } from './paper.mjs';
import { emptyHall, issue, officer, order, program, site, until } from './site.mjs';

useBrowser();
before(async () => {
  await order(site.printer, 'paper_in');
  await emptyHall();
  await (await officer('officer-1')).at(1, 'open');
});
after(emptyHall);

const publicPage = (t, path) => open(t, 'public', { address: `${site.hub}${path}` });
const unit = (page, name) => page.getByRole('listitem').filter({ has: page.getByRole('heading', { name }) });

test('a_citizen_sees_where_fewest_wait_and_as_of_when', async (t) => {
  await issue('ho-tich');
  const page = await publicPage(t, '/cho');
  // The center tells of its hall every half minute at most.
  await until('the figures of Cao Xanh are there', async () => {
    await page.reload();
    const told = await unit(page, /Cao Xanh/).innerText();
    // What was told of an earlier hall may stand here as well.
    return /[1-9]\d* người đang chờ/.test(told) && /1 quầy đang mở; chờ/.test(told);
  }, 90_000);
  const card = unit(page, /Cao Xanh/);
  await card.getByText(/Tính đến \d\d:\d\d/).waitFor();
  await look(page, 'public-centers');
  await card.getByText('Theo lĩnh vực').click();
  await card.getByRole('row').filter({ hasText: 'Hộ tịch' }).waitFor();
  await look(page, 'public-centers-services');
  await page.getByRole('link', { name: 'Ít người chờ trước' }).click();
  await page.locator('[aria-current="page"]', { hasText: 'Ít người chờ trước' }).waitFor();
  await look(page, 'public-centers-fewest');
});

/** Lets simulated boxes come in at the hub, as the demo's own do; they tell of no hall. */
function simulated(t, nodes) {
  const folder = `${site.folder}/zone`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/THIS-IS-A-DEMO`, '');
  const token = (node) => execFileSync(program, ['hub', 'enrol', node, '--config', `${site.folder}/hub.toml`], { encoding: 'utf8' }).trim();
  writeFileSync(`${folder}/tokens`, `${nodes.map(token).join('\n')}\n`);
  const child = spawn(program, ['sim', 'nodes', '--folder', folder, '--hub', site.hub, '--tokens', `${folder}/tokens`, '--events', '0'], { stdio: 'ignore' });
  const ended = new Promise((done) => child.on('exit', done));
  t.after(async () => {
    child.kill();
    await ended;
  });
}

test('a_special_zone_stands_once_with_each_of_its_reception_points', async (t) => {
  simulated(t, ['06994-1', '06994-2']);
  const listed = async () => (await fetch(`${site.hub}/cho`, { signal: AbortSignal.timeout(10_000) })).text();
  // The hub reads its list once in some seconds.
  await until('the zone is listed with its center', async () => (await listed()).includes('Tại Trung tâm'), 60_000);
  const page = await publicPage(t, '/cho');
  const heading = page.getByRole('heading', { name: /đặc khu Vân Đồn/, level: 2 });
  assert.equal(await heading.count(), 1);
  const zone = page.getByRole('listitem').filter({ has: heading });
  await zone.getByRole('heading', { name: /Điểm Tiếp nhận và Trả kết quả Quan Lạn/, level: 3 }).waitFor();
  await zone.getByText('Khu vực xã Quan Lạn cũ, đặc khu Vân Đồn (nơi đặt chờ tỉnh xác nhận)').waitFor();
  // Its center and five points, whether or not their boxes are there yet.
  assert.equal(await zone.getByRole('heading', { level: 3 }).count(), 6);
  await look(page, 'public-zone');
});

test('the_code_on_a_ticket_says_how_many_wait_before_it', async (t) => {
  await issue('ho-tich');
  const ticket = await issue('ho-tich');
  const any = await publicPage(t, '/cho');
  // The paper comes out, and the ticket is at the hub, a moment later.
  const path = await until('the newest paper is that of the ticket, which the hub has', async () => {
    const code = await newestCode(any);
    const response = code && (await fetch(`${site.hub}/t/${code}`, { signal: AbortSignal.timeout(10_000) }));
    return response?.ok && (await response.text()).includes(`Số ${ticket.label}`) ? `/t/${code}` : undefined;
  }, 30_000);
  const page = await publicPage(t, path);
  await page.getByRole('heading', { name: `Số ${ticket.label}` }).waitFor();
  await page.getByText(/Còn [1-9]\d* người chờ trước/).waitFor();
  await page.getByText(/Tính đến \d\d:\d\d/).waitFor();
  await look(page, 'public-ticket');
});

test('a_code_that_no_center_made_gets_a_plain_sentence', async () => {
  const answers = await Promise.all(
    ['T1', 'khong-phai-ma', `T1${'A'.repeat(42)}`].map(async (code) => {
      const response = await fetch(`${site.hub}/status/${code}`, { signal: AbortSignal.timeout(10_000) });
      return [response.status, await response.text()];
    }),
  );
  for (const [status, text] of answers) {
    assert.equal(status, 404);
    assert.match(text, /Mời quét lại mã QR trên phiếu/);
    assert.equal(text, answers[0][1], 'a wrong code is answered like any other');
  }
});
