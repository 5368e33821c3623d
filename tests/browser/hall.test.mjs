import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { look, open, useBrowser } from './pages.mjs';
import { emptyHall, hall, issue, officer, send, site, tokenOf, until } from './site.mjs';

const COUNTER = 3;
const SERVICE = 'xa-hoi';
let desk;
let called;

useBrowser();
before(async () => {
  await emptyHall();
  desk = await officer('officer-3');
});

const large = (page) => page.locator('.now-line');

test('before_the_first_call_the_hall_says_where_to_take_a_number', async (t) => {
  const page = await open(t, 'hall', { address: site.neighbour.pages.hall });
  await page.getByText('Chưa có số nào được gọi').waitFor();
  await page.getByText('Trung tâm Phục vụ hành chính công phường Hà Tu').waitFor();
  await look(page, 'hall-empty');
});

test('a_call_stands_on_the_screen_at_once_and_in_the_list', async (t) => {
  const page = await open(t, 'hall');
  await page.getByText('Số tiếp theo').waitFor();
  await desk.at(COUNTER, 'open');
  called = await issue(SERVICE);
  const next = await issue(SERVICE);
  await page.locator('.next').getByText(next.label).waitFor();

  await desk.at(COUNTER, 'call-next');
  await until('the call stands large', async () => (await large(page).innerText()).replace(/\s+/g, ' ') === `MỜI SỐ ${called.label} ĐẾN QUẦY ${COUNTER}`, 2_000);
  await page.locator('.counters li').filter({ hasText: called.label }).waitFor();
  assert.equal(await page.locator('.next').getByText(called.label).count(), 0);
  await look(page, 'hall-calling');
});

test('a_full_hall_fits_the_screen', async (t) => {
  for (const service of ['ho-tich', 'dat-dai', 'khac', 'tra-ket-qua', 'xa-hoi']) {
    for (let n = 0; n < 3; n += 1) await issue(service, n === 2 ? 'elderly' : undefined);
  }
  for (const counter of [1, 2, 4]) {
    const other = await officer(`officer-${counter}`);
    await other.at(counter, 'open');
    await other.at(counter, 'call-next');
  }
  await (await officer('officer-4')).at(4, 'begin');
  await (await officer('officer-4')).at(4, 'complete');
  await (await officer('officer-4')).at(4, 'pause', { reason: 'short_break' });
  const page = await open(t, 'hall');
  await page.locator('.counters').getByText('Tạm dừng').waitFor();
  await page.locator('.next li').nth(3).waitFor();
  await page.locator('.waits .wait').nth(2).waitFor();
  await look(page, 'hall-busy');
  const english = await open(t, 'hall', { address: site.pages.hall.replace('#', '?lang=en#') });
  await english.getByText('Next numbers').or(english.getByText('Next')).first().waitFor();
  await look(english, 'hall-english');
});

test('a_screen_without_a_token_says_how_to_get_one', async (t) => {
  const page = await open(t, 'hall', { address: '/hall' });
  await page.getByText('Thiết bị chưa được đăng ký').waitFor();
  await page.getByText('motcua device token --role hall').waitFor();
  await look(page, 'hall-no-token');
});

test('a_screen_whose_token_is_not_good_says_so', async (t) => {
  const page = await open(t, 'hall', { address: '/hall#token=not-one-of-ours' });
  await page.getByText('Mã thiết bị không còn hiệu lực').waitFor();
  assert.ok(!page.url().includes('token'), 'the token stays in the address');
  await look(page, 'hall-refused');
});

test('a_recalled_number_stands_large_again', async (t) => {
  const page = await open(t, 'hall');
  await large(page).waitFor();
  await page.locator('.now').evaluate((node) => node.setAttribute('data-before', ''));
  await until('the number may be called again', () => desk.at(COUNTER, 'recall'), 25_000);
  await until('it stands large', async () => (await large(page).innerText()).includes(called.label));
  assert.equal(await page.locator('.now[data-before]').count(), 0, 'the line is drawn anew, so that it flashes');
});

const BLOCKED = 'Trình duyệt đang chặn tiếng';

/**
 * Notes every sound of the page with its times, from before its first script on, and refuses it as a
 * browser does until somebody touched the page. The browser itself would not: it takes each look of
 * these tests into the page for a touch.
 */
const listen = (page) =>
  page.addInitScript(() => {
    globalThis.sounds = [];
    let touched = false;
    for (const kind of ['pointerdown', 'keydown']) addEventListener(kind, (event) => (touched ||= event.isTrusted), true);
    const play = HTMLMediaElement.prototype.play;
    HTMLMediaElement.prototype.play = function () {
      const one = { begun: performance.now(), ended: null, allowed: null };
      globalThis.sounds.push(one);
      this.addEventListener('ended', () => (one.ended = performance.now()));
      const started = touched ? play.call(this) : Promise.reject(new DOMException('no touch yet', 'NotAllowedError'));
      started.then(() => (one.allowed = true), () => (one.allowed = false));
      return started;
    };
  });
const sounds = (page) => page.evaluate(() => globalThis.sounds);
/** Without the first one, by which the page asks at its opening whether it may. */
const calls = async (page) => (await sounds(page)).slice(1);

/** The next person at a counter: whoever is there is done. */
async function callAnother(counter, service) {
  await issue(service);
  const own = await officer(`officer-${counter}`);
  await own.at(counter, 'begin');
  await own.at(counter, 'complete');
  return (await own.at(counter, 'call-next')).ticket;
}

test('a_screen_that_may_not_make_a_sound_says_so_and_after_a_touch_calls_are_said_one_after_the_other', async (t) => {
  await until('nobody is called any more', async () => !(await hall()).now, 60_000);
  const page = await open(t, 'hall', { prepare: listen });
  const fetched = [];
  page.on('response', (response) => {
    const [, clip] = new URL(response.url()).pathname.match(/^\/api\/v1\/voice\/([^/]+)\/[0-9a-f]+$/) ?? [];
    if (clip) fetched.push({ clip, status: response.status(), caching: response.headers()['cache-control'] });
  });
  await page.locator('.counters').waitFor();
  await page.getByText(BLOCKED).waitFor();
  assert.deepEqual(await calls(page), [], 'it stands there before the first call');
  const { label } = await callAnother(COUNTER, SERVICE);
  await until('it stands large', async () => (await large(page).innerText()).includes(label), 60_000);
  await until('it is refused', async () => (await calls(page)).some((one) => one.allowed === false));
  assert.ok((await sounds(page)).every((one) => one.allowed !== true));
  await page.getByText(BLOCKED).waitFor();
  await look(page, 'hall-sound-blocked');

  await page.mouse.click(400, 400);
  await page.getByText(BLOCKED).waitFor({ state: 'detached' });
  // Two counters call in the same moment.
  const [one, two] = await Promise.all([callAnother(1, 'ho-tich'), callAnother(2, 'dat-dai')]);
  const needed = ['chime', 'invite', 'to-counter', ...[one, two].map((ticket) => `letter-${ticket.label[0].toLowerCase()}`)];
  const said = await until('both calls are said', async () => {
    const allowed = (await calls(page)).filter((sound) => sound.allowed);
    const over = allowed.length >= 2 && allowed.every((sound) => sound.ended);
    return over && needed.every((clip) => fetched.some((one) => one.clip === clip)) && allowed;
  }, 60_000);
  for (const [index, sound] of said.slice(1).entries()) assert.ok(sound.begun >= said[index].ended, 'two calls are heard at once');
  for (const { clip, status, caching } of fetched) {
    assert.equal(status, 200, clip);
    assert.match(caching, /private, max-age=\d+, immutable/);
  }
  // What a page has it does not ask for again.
  assert.equal(fetched.filter(({ clip }) => clip === 'to-counter').length, 1);
});

test('a_screen_that_was_opened_to_be_silent_asks_for_no_touch', async (t) => {
  const page = await open(t, 'hall', { address: site.pages.hall.replace('#', '?sound=off#'), prepare: listen });
  await page.locator('.counters').waitFor();
  const { label } = await callAnother(COUNTER, SERVICE);
  await until('it stands large', async () => (await large(page).innerText()).includes(label), 60_000);
  await until('the center names its clips', async () => (await hall()).now?.voice.length > 0);
  assert.equal(await page.getByText(BLOCKED).count(), 0);
  assert.deepEqual(await sounds(page), []);
});

test('a_clip_under_another_content_or_name_is_not_there', async () => {
  const headers = { Authorization: `Bearer ${tokenOf('hall')}` };
  for (const path of ['chime/0000000000000000', 'no-such-clip/0000000000000000', '..%2f..%2fcenter.toml/0']) {
    await assert.rejects(send('GET', `/api/v1/voice/${path}`, { headers }), /404/, path);
  }
  await assert.rejects(send('GET', '/api/v1/voice/chime/0000000000000000'), /401/);
});
