/** Votes that the tablet keeps, puts aside, or may no longer bring; and what the console shows of it. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, test } from 'node:test';
import { line } from './line.mjs';
import { button, desk, look, open, useBrowser } from './pages.mjs';
import { emptyHall, officer, receive, send, site, tokenOf, until, votesTaken } from './site.mjs';

useBrowser();
before(async () => {
  await emptyHall();
  await (await officer('officer-1')).at(1, 'open');
});

const SILENCE = { timeout: 25_000 };
const tablet = { Authorization: `Bearer ${tokenOf('tablet')}` };
const openToken = () => send('GET', '/api/v1/tablets/1/token', { headers: tablet });
const idle = (page) => page.getByText('Chưa có lượt đánh giá. Xin chờ cán bộ mở.');
const asks = (page) => page.getByText('Ông/Bà hài lòng với việc tiếp nhận hồ sơ không?');
const given = votesTaken;

async function voteAway() {
  const open = await openToken();
  if (open) await send('POST', '/api/v1/ratings', { headers: tablet, body: { token: open.token, level: 'satisfied', reasons: [], respondent: 'citizen', client_id: randomUUID() } });
}

test('the_box_is_away_the_tablet_is_reloaded_the_box_is_back_one_vote', async (t) => {
  await voteAway();
  const wire = await line((close) => t.after(close));
  const address = wire.address(site.pages.tablet);
  const page = await open(t, 'tablet', { address });
  await idle(page).waitFor();
  await receive('officer-1', 1, { name: 'TẠ VĂN SƠN' });
  await asks(page).waitFor();
  const counted = await given();

  await wire.cut();
  await button(page, /^Hài lòng$/).click();
  await page.getByText(/Đánh giá được giữ ở máy này và tự gửi khi có kết.nối\./).waitFor(SILENCE);
  await page.getByText('Còn 1 đánh giá chờ gửi').waitFor();
  // Somebody switches the tablet off and on while nothing answers, more than once.
  for (let times = 0; times < 2; times += 1) await page.reload().catch(() => undefined);
  assert.equal(await given(), counted);

  await wire.mend();
  const again = await page.context().newPage();
  const told = [];
  again.on('request', (request) => {
    if (request.url().endsWith('/api/v1/surfaces/report')) told.push(request.postDataJSON().kept);
  });
  const reported = again.waitForRequest('**/api/v1/surfaces/report');
  const brought = again.waitForResponse((response) => response.url().endsWith('/api/v1/ratings') && response.status() === 201);
  await again.goto(address);
  await brought;
  await idle(again).waitFor();
  await again.getByText(/đánh giá chờ gửi/).waitFor({ state: 'detached' });
  // A number at this counter's tablet, and a figure that grows by it: that would be the vote's officer.
  await reported;
  assert.deepEqual(told.filter((kept) => kept !== 0), []);
  await again.reload();
  await idle(again).waitFor();
  assert.equal(await given(), counted + 1);
});

test('what_an_earlier_release_kept_is_brought_too', async (t) => {
  await voteAway();
  await receive('officer-1', 1, { name: 'LƯƠNG THỊ UYÊN' });
  const { token } = await openToken();
  const counted = await given();
  const page = await open(t, 'tablet', { address: '/tablet' });
  await page.getByText('motcua device token --role tablet --counter 1').waitFor();
  // The first release's database, with a vote in it.
  await page.evaluate(
    (vote) =>
      new Promise((done, failed) => {
        const request = indexedDB.open('motcua-tablet', 1);
        request.onupgradeneeded = () => request.result.createObjectStore('votes', { autoIncrement: true }).createIndex('client_id', 'client_id', { unique: true });
        request.onerror = () => failed(request.error);
        request.onsuccess = () => {
          const transaction = request.result.transaction('votes', 'readwrite');
          transaction.objectStore('votes').add(vote);
          transaction.oncomplete = () => {
            request.result.close();
            done();
          };
        };
      }),
    { token, level: 'satisfied', reasons: [], respondent: 'citizen', client_id: randomUUID() },
  );
  // Only the part after # differs, so the browser loads nothing by itself.
  await page.goto(site.pages.tablet);
  await page.reload();
  await until('the kept vote has arrived', async () => (await given()) === counted + 1);
  await idle(page).waitFor();
});

test('a_vote_that_is_refused_for_good_is_said_put_aside_and_not_sent_again', async (t) => {
  await voteAway();
  const page = await open(t, 'tablet');
  await idle(page).waitFor();
  const sent = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/api/v1/ratings')) sent.push(request.postDataJSON().client_id);
  });
  let forged = true;
  await page.route('**/api/v1/ratings', (route) =>
    forged ? route.continue({ postData: JSON.stringify({ ...route.request().postDataJSON(), token: '0'.repeat(32) }) }) : route.continue(),
  );
  const counted = await given();
  await receive('officer-1', 1, { name: 'MAI VĂN VINH' });
  await asks(page).waitFor();
  await button(page, /^Hài lòng$/).click();
  await page.getByText('Chưa ghi nhận được đánh giá').waitFor();
  await page.getByText('1 đánh giá không được nhận').waitFor();
  await look(page, 'tablet-aside');
  forged = false;
  await page.reload();
  await page.getByText('1 đánh giá không được nhận').waitFor();
  await voteAway();
  await idle(page).waitFor();
  await receive('officer-1', 1, { name: 'MAI VĂN VINH' });
  await asks(page).waitFor();
  await button(page, /^Hài lòng$/).click();
  await page.getByText('Cảm ơn Ông/Bà đã đánh giá.').waitFor();
  assert.deepEqual([sent.length, new Set(sent).size], [2, 2], 'each vote went once');
  assert.equal(await given(), counted + 2);
});

test('a_tablet_withdrawn_while_open_says_so_and_brings_its_vote_when_it_is_let_in_again', async (t) => {
  await voteAway();
  let out = false;
  const page = await open(t, 'tablet', {
    prepare: async (page) => {
      const turnedAway = { status: 401, contentType: 'application/json', body: JSON.stringify({ code: 'auth.device_unknown', message: 'Mã thiết bị không còn hiệu lực.', message_en: 'Unknown token.' }) };
      await page.route('**/api/v1/**', (route) => (out ? route.fulfill(turnedAway) : route.continue()));
      await page.routeWebSocket('**/live', (socket) => {
        if (out) return socket.close();
        const server = socket.connectToServer();
        server.onMessage((message) => (out ? socket.close() : socket.send(message)));
        return undefined;
      });
    },
  });
  await idle(page).waitFor();
  await receive('officer-1', 1, { name: 'ĐINH THỊ XUÂN' });
  await asks(page).waitFor();
  const counted = await given();
  out = true;
  await button(page, /^Hài lòng$/).click();
  await page.getByText('Mã thiết bị không còn hiệu lực').waitFor(SILENCE);
  assert.equal(await given(), counted);
  out = false;
  await page.reload();
  await idle(page).waitFor(SILENCE);
  await until('the kept vote has arrived', async () => (await given()) === counted + 1);
});

test('a_comment_with_marks_that_turn_the_text_is_sent_without_them', async (t) => {
  await voteAway();
  const page = await open(t, 'tablet');
  await receive('officer-1', 1, { name: 'HỒ VĂN YÊN' });
  await asks(page).waitFor();
  await button(page, 'Không hài lòng').click();
  await page.getByLabel('Góp ý (không bắt buộc)').fill('<b>Chờ</b> \u202elâu\u202c\tquá');
  assert.equal(await page.getByLabel('Góp ý (không bắt buộc)').getAttribute('maxlength'), '500');
  const sent = page.waitForRequest('**/api/v1/ratings');
  await button(page, 'Gửi đánh giá').click();
  assert.equal((await sent).postDataJSON().comment, '<b>Chờ</b> lâu quá');
  await page.getByText('Cảm ơn Ông/Bà đã đánh giá.').waitFor();
});

const FIGURES = {
  from: '2026-11-01', to: '2026-11-30', officers_from: 5, not_yet_counted: 10,
  counts: [
    { stage: 'receipt', level: 'very_satisfied', respondent: 'citizen', service: 'ho-tich', count: 18 },
    { stage: 'receipt', level: 'dissatisfied', respondent: 'organisation', service: null, count: 5 },
    { stage: 'return', level: 'satisfied', respondent: 'citizen', service: 'ho-tich', count: 5 },
  ],
  reasons: [{ stage: 'receipt', service: null, reason: 'long_wait', count: 2 }],
  comments: [{ day: '2026-11-24', stage: 'receipt', level: 'dissatisfied', service: null, comment: '<img src=x onerror="alert(1)"> Chờ \u202elâu\u202c' }],
  officers: [{ month: '2026-11-01', officer: 'officer-1', name: 'Nguyễn Thị Hồng', stage: 'receipt', level: 'very_satisfied', count: 6 }],
};

test('the_head_reads_what_was_said_and_a_strangers_text_stays_text', async (t) => {
  let figures;
  const page = await desk(t, 'giam-doc', null, {
    hash: 'ratings',
    prepare: (page) => page.route('**/api/v1/ratings/summary**', (route) => (figures ? route.fulfill({ json: figures }) : route.continue())),
  });
  const show = page.getByRole('button', { name: 'Xem', exact: true });
  // As the center answers it, whatever was voted before.
  await page.getByRole('heading', { name: 'Mức độ hài lòng' }).waitFor();
  await page.getByText('Số đếm giữ riêng, không nối với lá phiếu nào').waitFor();
  await look(page, 'console-ratings-now');

  figures = { ...FIGURES, counts: [], reasons: [], comments: [], officers: [], not_yet_counted: 0 };
  await show.click();
  await page.getByText('Chưa có lượt đánh giá nào được đếm từ 01/11/2026 đến 30/11/2026.').waitFor();
  await page.getByText(/Chưa cán bộ nào đủ 5.lượt đánh giá trong các tháng này\./).waitFor();
  assert.equal(await page.getByText(/chưa đến lúc đếm/).count(), 0);
  await look(page, 'console-ratings-empty');

  figures = FIGURES;
  await show.click();
  const row = page.getByRole('row').filter({ hasText: 'Nguyễn Thị Hồng, 11/2026' });
  await row.getByText('100,0%').waitFor();
  await page.getByText(/Ít nhất 10.lượt của các giờ đã qua chưa đến lúc đếm/).waitFor();
  await page.getByText(/hiện theo nhóm từ 5.lượt trở lên/).waitFor();
  const comment = page.locator('.comments bdi');
  assert.equal(await comment.textContent(), '<img src=x onerror="alert(1)"> Chờ lâu');
  assert.equal(await page.locator('.comments img').count(), 0);
  await look(page, 'console-ratings');

  const asked = page.waitForRequest('**/api/v1/ratings/summary**');
  await page.getByLabel('Từ ngày').fill('2026-11-10');
  await show.click();
  assert.equal(new URL((await asked).url()).searchParams.get('from'), '2026-11-10');
});

test('an_officer_is_not_offered_the_figures', async (t) => {
  const page = await desk(t, 'officer-1', null);
  await page.getByRole('navigation').getByRole('link', { name: 'Thiết bị' }).waitFor();
  assert.equal(await page.getByRole('navigation').getByRole('link', { name: 'Đánh giá' }).count(), 0);
});

test('screens_and_tablets_tell_their_trouble_on_the_console', async (t) => {
  let heard;
  await open(t, 'tablet', {
    prepare: (page) => {
      heard = page.waitForResponse((response) => response.url().endsWith('/api/v1/surfaces/report'));
    },
  });
  assert.equal((await heard).status(), 204);
  let surfaces;
  const page = await desk(t, 'officer-1', null, {
    hash: 'devices',
    prepare: (page) => page.route('**/api/v1/surfaces', (route) => (surfaces ? route.fulfill({ json: surfaces }) : route.continue())),
  });
  const row = (text) => page.locator('.surfaces li').filter({ hasText: text });
  await row('Quầy 1: Máy tính bảng đánh giá').first().getByText(/báo lần cuối \d\d:\d\d/).waitFor();
  await look(page, 'console-surfaces-now');

  const one = { page: randomUUID(), title: '', counter: null, heard_at: '2026-11-30T02:00:00Z', version: '0.0.1', kept: 0, aside: 0, error: null, offset_ms: 0, troubles: [] };
  surfaces = [
    { ...one, device: 'kiosk-a1b2c3', role: 'kiosk', state: 'well' },
    { ...one, device: 'hall-a1b2c3', role: 'hall', state: 'troubled', troubles: ['sound_blocked', 'clock_off', 'other_version'], offset_ms: -95_000 },
    { ...one, device: 'tablet-1-a1b2c3', role: 'tablet', counter: 1, state: 'silent', troubles: ['not_lasting', 'votes_aside', 'votes_kept'], kept: 3, aside: 2, error: 'rating.token_used' },
    { ...one, device: 'tablet-2-a1b2c3', role: 'tablet', counter: 2, state: 'unheard', page: null, heard_at: null, version: null, offset_ms: null },
  ];
  await page.reload();
  await row('tablet-1-a1b2c3').getByText('Im lặng').waitFor();
  assert.match(await page.locator('.surfaces li').first().textContent(), /tablet-1-a1b2c3/, 'the worst first');
  await row('tablet-1-a1b2c3').getByText(/3.đánh giá còn giữ trên máy/).waitFor();
  await row('tablet-1-a1b2c3').getByText('Mã lỗi cuối: rating.token_used').waitFor();
  await row('hall-a1b2c3').getByText(/lệch 95.giây/).waitFor();
  await row('tablet-2-a1b2c3').getByText('Chưa báo', { exact: true }).waitFor();
  await look(page, 'console-surfaces');
  surfaces = [];
  await page.reload();
  await page.getByText('Chưa có thiết bị nào được ghép.').waitFor();
});
