/** A number that somebody has already, under the reader of a kiosk. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { button, look, open, useBrowser } from './pages.mjs';
import { newestCode } from './paper.mjs';
import { emptyHall, issue, officer, order, site, until } from './site.mjs';

useBrowser();
before(async () => {
  await order(site.printer, 'paper_in');
  await emptyHall();
  await (await officer('officer-1')).at(1, 'open');
});
after(emptyHall);

test('a_ticket_under_the_reader_of_the_kiosk_says_how_many_wait_before_it', async (t) => {
  const head = await officer('giam-doc');
  await issue('ho-tich');
  const ticket = await issue('ho-tich');
  const page = await open(t, 'kiosk');
  await button(page, 'Chạm vào màn hình để bắt đầu').waitFor();
  const code = await until('the newest paper is that of the ticket', async () => {
    const found = await newestCode(page);
    const known = found && (await head.get(`/tickets/${found}`).catch(() => undefined));
    return known?.ticket.id === ticket.id ? found : undefined;
  }, 30_000);
  // A reader types.
  await page.keyboard.type(code);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: `Số của Ông/Bà ${ticket.label}` }).waitFor();
  await page.getByText(/^Còn 1.người chờ trước\.$/).waitFor();
  await look(page, 'kiosk-own-ticket');

  // The first is called: the same paper, also where the code of a booking is asked for.
  await button(page, 'Về trang đầu').click();
  await (await officer('officer-1')).at(1, 'call-next');
  await button(page, 'Tôi có lịch hẹn').click();
  await page.keyboard.type(code);
  await page.getByText('Không có ai chờ trước.').waitFor();
  await button(page, 'Về trang đầu').click();
  await (await officer('officer-1')).at(1, 'begin');
  await (await officer('officer-1')).at(1, 'complete');

  // Somebody with priority goes first: the paper says that, and not which number it was.
  const elderly = await issue('ho-tich', 'elderly');
  await (await officer('officer-1')).at(1, 'call-next');
  await page.keyboard.type(code);
  await page.getByText('Một số thứ tự được ưu tiên theo luật đã được gọi trước, chưa đến 5 phút trước.').waitFor();
  assert.ok(!(await page.locator('.result-number').innerText()).includes(elderly.label), 'the number that has priority is named');
  await button(page, 'Về trang đầu').click();
  await (await officer('officer-1')).at(1, 'begin');
  await (await officer('officer-1')).at(1, 'complete');
  await (await officer('officer-1')).at(1, 'call-next');
  await page.keyboard.type(code);
  await page.getByText(/^Đang mời đến quầy.1\.$/).waitFor();
  await look(page, 'kiosk-own-called');
  assert.equal((await head.get(`/tickets/${code}`)).ticket.state, 'called');

  // The Enter behind a reader's code presses nothing, also not what was touched last.
  await button(page, 'Chữ lớn').click();
  await page.keyboard.type(code);
  await page.keyboard.press('Enter');
  await page.getByText(/^Đang mời đến quầy.1\.$/).waitFor();
  assert.ok(await page.evaluate(() => document.documentElement.classList.contains('large')), 'the letters are small again');
});
