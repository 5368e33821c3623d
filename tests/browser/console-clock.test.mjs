import assert from 'node:assert/strict';
import { test } from 'node:test';
import { button, desk, look, useBrowser } from './pages.mjs';

useBrowser();

/** The center says that its machine's clock is in this state; everything else is the real center's. */
const clockIs = (state) => async (page) => {
  await page.route('**/api/v1/clock', async (route) => {
    if (route.request().method() !== 'GET') return route.fallback();
    const response = await route.fetch();
    return route.fulfill({ response, json: { ...(await response.json()), state } });
  });
  await page.routeWebSocket('**/live', (socket) => {
    const server = socket.connectToServer();
    server.onMessage((text) => {
      const message = JSON.parse(text);
      if (message.topic === 'clock' && message.data) message.data.state = state;
      socket.send(JSON.stringify(message));
    });
  });
};

test('a_wrong_clock_is_told_to_the_officer_with_the_time_that_counts', async (t) => {
  const page = await desk(t, 'officer-1', 1, { prepare: clockIs('wrong') });
  const banner = page.getByRole('alert').filter({ hasText: 'Đồng hồ máy chủ sai.' });
  await banner.getByText(/bây giờ là \d\d:\d\d ngày \d\d\/\d\d\/\d{4}/).waitFor();
  assert.equal(await banner.getByLabel('Bây giờ là').count(), 0, 'an officer does not set the clock');
  await look(page, 'console-clock-wrong');
});

test('the_head_of_a_center_with_a_doubtful_clock_says_what_time_it_is', async (t) => {
  const page = await desk(t, 'giam-doc', null, { prepare: clockIs('suspect') });
  const banner = page.getByRole('alert').filter({ hasText: 'Chưa chắc ngày giờ đúng.' });
  await banner.waitFor();
  // The field begins with the time that counts, so that a correction is a small one.
  assert.match(await banner.getByLabel('Bây giờ là').inputValue(), /^\d{4}-\d\d-\d\dT\d\d:\d\d$/);
  await look(page, 'console-clock-suspect');
  await banner.getByLabel('Bây giờ là').fill('');
  assert.ok(await button(page, 'Dùng giờ này').isDisabled(), 'nothing is sent without a time');
  // The real center's clock is right, and it says so: what a page believes does not move it.
  await banner.getByLabel('Bây giờ là').fill('2016-01-04T08:00');
  await button(page, 'Dùng giờ này').click();
  await page.locator('.toasts').getByText('Đồng hồ đang đúng; không cần đặt lại.').waitFor();
  await look(page, 'console-clock-refused');
});
