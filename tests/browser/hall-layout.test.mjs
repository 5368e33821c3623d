/** The hall's screen with 1, 4, 12 and 24 counters: the center is tried with four, so the page is told of others. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { look, open, useBrowser } from './pages.mjs';
import { until } from './site.mjs';

useBrowser();

/** Height of a capital letter of the font; what is read from 8 m, in pixels at 1080p (`DIGIT_MIN_PX`). */
const CAPITAL = 0.74;
const DIGIT_MIN_PX = 52;
const AT = '2026-11-23T03:00:00Z';
const WAITS = ['Hộ tịch', 'Đất đai'].map((name, n) => ({ service: `s-${n}`, name_vi: name, name_en: name, low_min: 5, high_min: 15 }));

/** Long labels everywhere but at a counter that pauses and at one that is closed. */
const counterNumber = (number) => {
  const state = number % 6 === 3 ? 'paused' : number % 6 === 5 ? 'closed' : 'open';
  return { number, name: `Quầy ${number}: hộ tịch, tư pháp, chứng thực`, state, label: state === 'open' ? `B${1000 + number}` : null, serving: true, pause_reason: null, services: [] };
};
const hallOf = (count) => ({
  unit_name: 'Trung tâm Phục vụ hành chính công phường Cao Xanh',
  calls: [{ label: 'B1001', counter: 1, kind: 'call', at: AT }],
  now: { label: 'B1001', counter: 1, since: AT, voice: [] },
  counters: Array.from({ length: count }, (_, n) => counterNumber(n + 1)),
  next: ['A0101', 'A0102', 'A0103'],
  waits: WAITS,
});

/** In place of the center's live connection. `more`: what the large line says besides. */
const tellOf = (count, more = {}) => (page) =>
  page.routeWebSocket('**/live', (socket) => {
    socket.onMessage(() => {
      const at = new Date().toISOString();
      const data = hallOf(count);
      socket.send(JSON.stringify({ topic: 'hall', version: 1, at, data: { ...data, now: { ...data.now, ...more } } }));
      socket.send(JSON.stringify({ topic: 'heartbeat', at }));
    });
  });

/** What sticks out of its row, and the smallest capital in pixels. */
const measured = (page) =>
  page.evaluate((capital) => {
    const outside = [];
    let smallest = Infinity;
    for (const row of document.querySelectorAll('.counters .row')) {
      const frame = row.getBoundingClientRect();
      for (const part of row.querySelectorAll('.row-number, .label, .row-state')) {
        const box = part.getBoundingClientRect();
        if (box.right > frame.right + 1 || box.bottom > frame.bottom + 1 || box.left < frame.left - 1 || box.top < frame.top - 1) outside.push(part.textContent);
        if (!part.matches('.row-state')) smallest = Math.min(smallest, Number.parseFloat(getComputedStyle(part).fontSize) * capital);
      }
    }
    const list = document.querySelector('.counters').getBoundingClientRect();
    const last = [...document.querySelectorAll('.counters .row')].at(-1).getBoundingClientRect();
    if (last.bottom > list.bottom + 1) outside.push('the last row');
    return { outside, smallest };
  }, CAPITAL);

for (const [count, onPage, size] of [
  [1, 1, [1920, 1080]],
  [4, 4, [1920, 1080]],
  [5, 5, [1920, 1080]],
  [12, 12, [1920, 1080]],
  [24, 12, [1920, 1080]],
  [12, 12, [1366, 768]],
]) {
  test(`${count}_counters_fit_at_${size[1]}_lines_and_can_be_read_from_afar`, async (t) => {
    const page = await open(t, 'hall', { prepare: tellOf(count), size });
    await page.locator('.counters .row').nth(onPage - 1).waitFor();
    assert.equal(await page.locator('.counters .row').count(), onPage);
    await look(page, `hall-${count}-counters-${size[1]}`);
    const { outside, smallest } = await measured(page);
    assert.deepEqual(outside, []);
    const least = (DIGIT_MIN_PX * size[1]) / 1080;
    assert.ok(smallest >= least, `a digit is ${smallest} pixels high, at least ${least}`);
  });
}

test('more_counters_than_fit_come_in_turn_and_the_large_line_stays', async (t) => {
  const page = await open(t, 'hall', { prepare: tellOf(24) });
  const first = () => page.locator('.counters .row-number').first().innerText();
  await page.locator('.counters .row').nth(11).waitFor();
  const now = await first();
  assert.ok(['1', '13'].includes(now), now);
  await page.locator('.now').evaluate((node) => node.setAttribute('data-before', ''));
  const other = now === '1' ? '13' : '1';
  await until('the other page stands', async () => (await first()) === other, 12_000);
  await page.getByText(other === '13' ? 'Quầy 13–24, trong 24' : 'Quầy 1–12, trong 24').waitFor();
  assert.equal(await page.locator('.now[data-before]').count(), 1, 'the large line was drawn anew');
});

test('a_call_that_moves_on_for_a_result_says_so_in_the_same_height', async (t) => {
  const heights = [];
  for (const more of [{}, { way: 'moves_on', result: true }]) {
    const page = await open(t, 'hall', { prepare: tellOf(12, more), size: [1920, 1080] });
    await page.locator('.counters .row').nth(11).waitFor();
    assert.equal(await page.locator('.now-besides').count(), more.way ? 1 : 0);
    if (more.way) {
      await page.getByText('Mời chuyển sang quầy này').waitFor();
      await page.getByText('Nhận kết quả', { exact: true }).waitFor();
      await look(page, 'hall-moves-on');
    }
    heights.push(await page.locator('.now').evaluate((now) => Math.round(now.getBoundingClientRect().height)));
    assert.deepEqual((await measured(page)).outside, []);
  }
  assert.equal(heights[0], heights[1]);
});
