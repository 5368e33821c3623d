import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { button, desk, goTo, look, useBrowser } from './pages.mjs';
import { emptyHall, issue, officer, until } from './site.mjs';

useBrowser();
before(emptyHall);

const region = (page, name) => page.getByRole('region', { name });
const inForce = (page) => region(page, 'Quy tắc gọi số đang dùng');
const table = (page) => page.getByRole('table', { name: 'So sánh các quy tắc gọi số' });

/** The demo has no day that is over: what a trial shows is given to the page as the center would give it. */
const done = (() => {
  const own = (median_s, p95_s, kept, passed_over_most) => ({ called: 40, median_s, p95_s, promised: 40, kept, passed_over_most });
  const numbers = (policy) => ({ policy, threshold_min: 30, regular_per_priority: 2, priority_weight: 2, overtakes_max: 0 });
  const played = (policy, priority, regular) => ({ numbers: numbers(policy), in_force: policy === 'guard', figures: { priority, regular, not_called: 0 } });
  const guard = { priority: own(120, 300, 40, 0), regular: own(900, 2_520, 38, 6), not_called: 1 };
  const result = {
    from: '2026-11-02',
    until: '2026-11-27',
    days: 20,
    visits: 80,
    left_out: 3,
    as_it_was: guard,
    played: [
      played('guard', guard.priority, guard.regular),
      played('strict', own(60, 300, 40, 0), own(960, 2_700, 36, 9)),
      played('ratio', own(240, 780, 39, 0), own(840, 2_520, 38, 3)),
      played('ageing', own(420, 1_200, 34, 1), own(780, 2_400, 39, 4)),
    ],
  };
  return { state: 'done', done: 20, days: 20, result };
})();

test('an_officer_at_a_counter_is_not_offered_the_rule_of_calling', async (t) => {
  const page = await desk(t, 'officer-1', 1, { hash: 'policy' });
  await page.getByRole('link', { name: 'Hàng chờ' }).waitFor();
  assert.equal(await page.getByRole('link', { name: 'Quy tắc gọi' }).count(), 0);
  assert.equal(await inForce(page).count(), 0, 'nor by its address');
});

test('the_head_sees_the_rule_in_words_and_past_days_under_the_others', async (t) => {
  const prepare = (page) => page.route('**/api/v1/queue-policy/replay', (route) => route.fulfill({ json: done }));
  const page = await desk(t, 'giam-doc', null, { prepare });
  await goTo(page, 'Quy tắc gọi');
  await inForce(page).getByText(/khi có số thường chờ quá 30.phút/).waitFor();
  await inForce(page).getByText('Theo cấu hình được giao.').waitFor();
  await table(page).getByRole('rowheader', { name: 'Như đã xảy ra' }).waitFor();
  await table(page).getByText('45\u00a0phút').first().waitFor();
  assert.equal(await table(page).getByRole('rowheader', { name: 'Thường', exact: true }).count(), 5, 'as it was, and four rules');
  await look(page, 'console-policy-compared');
  await page.getByLabel('Xen kẽ khi chờ quá (phút)').fill('481');
  await page.getByRole('alert').getByText('Chọn số nguyên từ 1 đến 480.').waitFor();
  assert.ok(await button(page, 'Chạy thử').isDisabled());
  await look(page, 'console-policy-out-of-bounds');
});

test('a_trial_without_past_days_says_so', async (t) => {
  const page = await desk(t, 'giam-doc', null, { hash: 'policy' });
  await button(page, 'Chạy thử').click();
  await page.getByText(/^Chưa có ngày nào đã qua để chạy thử|^Đã chạy lại|ngày có số, từ/).first().waitFor();
});

test('a_rule_is_chosen_with_a_reason_by_keyboard_and_the_delivered_one_comes_back', async (t) => {
  const page = await desk(t, 'giam-doc', null, { hash: 'policy' });
  await button(page, 'Dùng quy tắc này: Ưu tiên tuyệt đối').focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Đổi quy tắc gọi số' });
  await dialog.getByText('Đổi thành: Ưu tiên trước, luôn luôn.').waitFor();
  await button(dialog, 'Đổi quy tắc').click();
  await dialog.getByRole('alert').getByText('Ghi lý do trước khi đổi.').waitFor();
  await look(page, 'console-policy-reason');
  await dialog.getByLabel('Lý do (không ghi tên người dân)').fill('Đợt cao điểm');
  await page.keyboard.press('Enter');
  await inForce(page).getByText('Ưu tiên trước, luôn luôn.').waitFor();
  await inForce(page).getByText(/Đợt cao điểm$/).waitFor();
  await look(page, 'console-policy-chosen');
  await button(page, 'Trở lại cấu hình được giao').click();
  await dialog.getByLabel('Lý do (không ghi tên người dân)').fill('Hết đợt');
  await button(dialog, 'Đổi quy tắc').click();
  await inForce(page).getByText('Theo cấu hình được giao.').waitFor();
  const changes = region(page, 'Những lần đổi').getByRole('table');
  await changes.getByRole('cell', { name: 'Đợt cao điểm' }).waitFor();
  await changes.getByRole('cell', { name: 'Hết đợt' }).waitFor();
});

test('a_group_that_no_officer_at_a_counter_may_serve_is_told_to_everybody', async (t) => {
  await emptyHall();
  const own = await officer('officer-1');
  await own.at(1, 'open');
  const page = await desk(t, 'giam-doc', null, { hash: 'policy' });
  const skills = region(page, 'Lĩnh vực của từng cán bộ');
  const row = skills.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'Nguyễn Thị Hồng' }) });
  await row.getByText('Mọi lĩnh vực').waitFor();
  await row.getByRole('button', { name: /^Sửa: / }).click();
  const dialog = page.getByRole('dialog', { name: 'Lĩnh vực của Nguyễn Thị Hồng' });
  await dialog.getByLabel('Chỉ những lĩnh vực này').check();
  const boxes = dialog.getByRole('checkbox');
  for (let place = (await boxes.count()) - 1; place >= 0; place -= 1) await boxes.nth(place).uncheck();
  await dialog.getByRole('alert').getByText('Chọn ít nhất một lĩnh vực.').waitFor();
  await look(page, 'console-policy-skills');
  await boxes.last().check();
  await button(dialog, 'Lưu').click();
  await dialog.waitFor({ state: 'detached' });
  await issue('ho-tich');
  await page.goto(new URL('/console#queue', page.url()).href);
  await page.getByRole('status').getByText('Lĩnh vực chưa có ai phụ trách ở các quầy đang mở').waitFor();
  await look(page, 'console-unserved');
  await goTo(page, 'Quy tắc gọi');
  await row.getByRole('button', { name: /^Sửa: / }).click();
  await dialog.getByLabel('Mọi lĩnh vực').check();
  await button(dialog, 'Lưu').click();
  await until('the counter to serve all again', async () => (await row.getByText('Mọi lĩnh vực').count()) === 1);
  await emptyHall();
});
