/** The guide's widest page, on the desk's screen and on a phone. */
import { test } from 'node:test';
import { look, open, SIZE, useBrowser } from './pages.mjs';

useBrowser();

test('what_is_there_and_where_to_see_it_can_be_read_at_the_desk_and_on_a_phone', async (t) => {
  for (const [name, size] of [['desk', SIZE.console], ['phone', SIZE.public]]) {
    const page = await open(t, 'console', { address: '/help/features', size });
    await page.getByRole('heading', { level: 1, name: 'Có gì, xem ở đâu' }).waitFor();
    await page.getByRole('row').filter({ hasText: 'ticket issue; kiosk' }).waitFor();
    await look(page, `guide-features-${name}`);
  }
});
