/** The kiosk's search by everyday words, 12 and 120 service groups, and its help aloud. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { line } from './line.mjs';
import { button, look, open, useBrowser } from './pages.mjs';
import { officer, site, ticketNamed, until } from './site.mjs';

useBrowser();

const key = (page, name) => page.getByRole('button', { name, exact: true });

async function toServices(page) {
  await button(page, 'Chạm vào màn hình để bắt đầu').click();
  await page.getByText('Ông/Bà cần làm thủ tục gì?').waitFor();
}

async function toSearch(page) {
  await toServices(page);
  await button(page, 'Tìm việc cần làm').click();
  await page.getByLabel('Việc cần làm').waitFor();
}

async function touch(page, words) {
  for (const letter of words) await key(page, letter === ' ' ? 'Dấu cách' : letter).click();
}

/** A center with so many service groups: the delivered ones, and others behind them. */
const withGroups = (count) => async (page) => {
  const services = await (await officer('giam-doc')).get('/services');
  const more = (n) => ({ ...services[0], code: `nhom-${n}`, series: String.fromCharCode(65 + (n % 26)), name_vi: `Lĩnh vực thứ ${n + 1}`, name_en: `Sector ${n + 1}` });
  const all = Array.from({ length: count }, (_, n) => services[n] ?? more(n));
  await page.route('**/api/v1/services', (route) => route.fulfill({ json: all }));
};

test('everyday_words_without_tones_are_touched_and_lead_to_a_number', async (t) => {
  const page = await open(t, 'kiosk');
  await toSearch(page);
  await page.locator('.way').first().waitFor();
  await look(page, 'kiosk-search');
  await touch(page, 'so do');
  await page.locator('.way-under').filter({ hasText: 'Đất đai' }).first().waitFor();
  await look(page, 'kiosk-search-found');
  await key(page, 'Xóa hết').click();
  await touch(page, 'cuoi');
  await button(page, /Đăng ký kết hôn/).click();
  await page.getByText('Ông/Bà có thuộc đối tượng ưu tiên không?').waitFor();
  await button(page, 'Không, lấy số thường').click();
  await page.getByText('Mời lấy phiếu').waitFor();
  assert.equal((await ticketNamed(await page.locator('.number').innerText())).service, 'ho-tich');
});

test('a_keyboard_alone_finds_and_chooses', async (t) => {
  const page = await open(t, 'kiosk');
  await button(page, 'Chạm vào màn hình để bắt đầu').waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByText('Ông/Bà cần làm thủ tục gì?').waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  // The field has the focus: whoever has keys types at once, with tones if they like.
  await page.getByLabel('Việc cần làm').waitFor();
  await page.keyboard.type('khai sinh');
  await page.locator('.way-under').first().waitFor();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await page.getByText('Ông/Bà có thuộc đối tượng ưu tiên không?').waitFor();
  await page.locator('.chosen').getByText('Hộ tịch, tư pháp').waitFor();
});

test('words_that_lead_nowhere_send_to_the_help_desk', async (t) => {
  const page = await open(t, 'kiosk');
  await toSearch(page);
  await touch(page, 'xyz');
  await page.getByText('Không tìm thấy «xyz».').waitFor();
  await page.getByText('hỏi bàn hướng dẫn').waitFor();
  await look(page, 'kiosk-search-none');
  await key(page, 'Xóa chữ').click();
  await page.getByText('Không tìm thấy «xy».').waitFor();
  await button(page, 'Quay lại').click();
  await button(page, /Hộ tịch, tư pháp/).waitFor();
});

test('a_search_without_an_answer_says_what_to_do', async (t) => {
  const page = await open(t, 'kiosk');
  await page.route('**/api/v1/kiosk/ways*', (route) => route.abort());
  await toSearch(page);
  await touch(page, 'dat');
  await page.getByText('Chưa tìm được lúc này.').waitFor();
  await look(page, 'kiosk-search-failed');
});

test('twelve_service_groups_are_tiles_on_one_screen', async (t) => {
  const page = await open(t, 'kiosk', { prepare: withGroups(12) });
  await toServices(page);
  await page.locator('.tile').nth(11).waitFor();
  await look(page, 'kiosk-services-12');
  const hidden = await page.locator('.kiosk-main').evaluate((main) => main.scrollHeight - main.clientHeight);
  assert.ok(hidden <= 0, `${hidden} pixels have to be scrolled to`);
});

test('a_hundred_and_twenty_service_groups_begin_with_the_search', async (t) => {
  const page = await open(t, 'kiosk', { prepare: withGroups(120) });
  await toServices(page);
  await page.getByLabel('Việc cần làm').waitFor();
  assert.equal(await page.locator('.way').count(), 120);
  await look(page, 'kiosk-services-120');
  await button(page, 'Chữ lớn').click();
  await button(page, 'Tương phản cao').click();
  await touch(page, 'khai sinh');
  await page.locator('.way-under').first().waitFor();
  await look(page, 'kiosk-search-large');
  await button(page, 'Quay lại').click();
  await button(page, 'Chạm vào màn hình để bắt đầu').waitFor();
});

/** Notes the sounds of the page, and ends each at once. */
const listen = (page) =>
  page.addInitScript(() => {
    globalThis.sounds = 0;
    HTMLMediaElement.prototype.play = function () {
      globalThis.sounds += 1;
      setTimeout(() => this.dispatchEvent(new Event('ended')), 0);
      return Promise.resolve();
    };
  });

test('the_help_aloud_is_silent_until_it_is_pressed_and_then_follows_the_steps', async (t) => {
  const page = await open(t, 'kiosk', { prepare: listen });
  const asked = [];
  page.on('request', (request) => {
    const { pathname, searchParams } = new URL(request.url());
    if (pathname === '/api/v1/kiosk/speech') asked.push(searchParams.get('step'));
  });
  await toServices(page);
  assert.deepEqual(asked, []);
  await button(page, 'Đọc to').click();
  await until('the services are read', () => page.evaluate(() => globalThis.sounds === 1));
  await button(page, /Hộ tịch, tư pháp/).click();
  await until('the question is read', () => page.evaluate(() => globalThis.sounds === 2));
  await look(page, 'kiosk-aloud');
  await button(page, 'Không, lấy số thường').click();
  await page.getByText('Mời lấy phiếu').waitFor();
  await until('the number is read', () => page.evaluate(() => globalThis.sounds === 3));
  // Got ready beside them: what would have to be said without the center.
  const ready = ['away', 'refused'];
  assert.deepEqual(asked.filter((step) => !ready.includes(step)), ['services', 'priority', 'number']);
  assert.deepEqual(asked.filter((step) => ready.includes(step)).sort(), ready);
  // The next citizen did not ask for it.
  await button(page, 'Xong').click();
  await button(page, 'Chạm vào màn hình để bắt đầu').waitFor();
  assert.equal(await button(page, 'Đọc to').getAttribute('aria-pressed'), 'false');
});

test('a_step_without_clips_says_so', async (t) => {
  const page = await open(t, 'kiosk', { prepare: (fresh) => fresh.route('**/api/v1/kiosk/speech*', (route) => route.fulfill({ json: { clips: [] } })) });
  await toServices(page);
  await button(page, 'Đọc to').click();
  await page.getByText('Chưa có lời đọc cho bước này.').waitFor();
  await look(page, 'kiosk-aloud-missing');
});

test('without_the_center_the_kiosk_says_aloud_that_it_is_away', async (t) => {
  const closing = [];
  const wire = await line((close) => closing.push(close));
  try {
    const page = await open(t, 'kiosk', { prepare: listen, address: wire.address(site.pages.kiosk) });
    await toServices(page);
    const got = ['kiosk-away', 'kiosk-ask'].map((clip) => page.waitForResponse((response) => response.url().includes(`/voice/${clip}/`)));
    await button(page, 'Đọc to').click();
    await Promise.all(got);
    await until('the services are read', () => page.evaluate(() => globalThis.sounds === 1));
    await wire.cut();
    // A touch: whoever waits for the page's answer is still there.
    await page.mouse.click(2, 2);
    await page.getByText('Máy lấy số tạm gián đoạn').waitFor({ timeout: 25_000 });
    await until('it is said', () => page.evaluate(() => globalThis.sounds === 2));
    assert.equal(await page.getByText('Chưa có lời đọc').count(), 0);
  } finally {
    for (const close of closing) await close();
  }
});
