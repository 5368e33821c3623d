/** How to bring each surface into each of its states. */
const kiosk = { path: '/kiosk#token=sample', size: [1280, 800] };
const tablet = { path: '/tablet#token=sample&counter=1', size: [1280, 800] };
const desk = { path: '/console', size: [1366, 768], counter: 1 };
const desktop = (hash, more = {}) => ({ ...desk, path: `/console#${hash}`, ...more });
const hall = { path: '/hall#token=sample', size: [1920, 1080] };
const counter = { path: '/counter#token=sample&counter=1', size: [1366, 768] };

const tap = (page, name) => page.getByRole('button', { name }).first().click();
const toServices = (page) => tap(page, 'Chạm vào màn hình');
const toPriority = async (page) => {
  await toServices(page);
  await tap(page, /Tư pháp/);
};
const toResult = async (page) => {
  await toPriority(page);
  await tap(page, 'Không, lấy số thường');
};

const fillReception = async (page) => {
  await page.getByRole('combobox', { name: /Tìm theo/ }).fill('khai sinh');
  await page.locator('[role=option]').first().waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('checkbox').first().check();
};
const saveDossier = async (page) => {
  await fillReception(page);
  await page.locator('input[type=file]').first().setInputFiles({ name: 'to-khai.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4 sample') });
  await page.keyboard.press('Control+s');
  await page.getByText('Đã tiếp nhận hồ sơ').waitFor();
};

export const scenes = {
  'kiosk-no-token': { ...kiosk, path: '/kiosk' },
  'kiosk-start': kiosk,
  'kiosk-services': { ...kiosk, steps: toServices },
  'kiosk-services-large': { ...kiosk, steps: async (page) => { await toServices(page); await tap(page, 'Chữ lớn'); await tap(page, 'Tương phản cao'); } },
  'kiosk-services-english': { ...kiosk, steps: async (page) => { await toServices(page); await tap(page, 'English'); } },
  'kiosk-priority': { ...kiosk, steps: toPriority },
  'kiosk-printing': { ...kiosk, steps: toResult },
  'kiosk-printed': { ...kiosk, steps: async (page) => { await toResult(page); await page.getByText('Mời lấy phiếu').waitFor(); } },
  'kiosk-print-failed': { ...kiosk, before: { printer: 'paper_out' }, steps: async (page) => { await toResult(page); await page.getByText('Không in được phiếu').waitFor(); } },
  'kiosk-refused': { ...kiosk, before: { scene: 'closed' }, steps: toResult },
  'kiosk-empty': { ...kiosk, before: { scene: 'no-services' }, steps: toServices },
  'kiosk-unsent': { ...kiosk, steps: async (page, set) => { await toPriority(page); await set({ down: true }); await tap(page, 'Không, lấy số thường'); await page.getByText('Máy chưa nhận').waitFor(); await set({ down: false }); } },
  'kiosk-offline': { ...kiosk, steps: async (page, set) => { await set({ down: true }); await page.waitForTimeout(17_000); } },
  'kiosk-revoked': { ...kiosk, before: { device_refused: true } },
  'kiosk-search': { ...kiosk, steps: async (page) => { await toServices(page); await tap(page, 'Tìm việc cần làm'); await page.getByRole('textbox').fill('khai sinh'); await page.locator('.way-under').first().waitFor(); } },
  'kiosk-search-none': { ...kiosk, steps: async (page) => { await toServices(page); await tap(page, 'Tìm việc cần làm'); for (const letter of 'xyz') await page.getByRole('button', { name: letter, exact: true }).click(); await page.getByText('Không tìm thấy').waitFor(); } },
  'kiosk-services-12': { ...kiosk, before: { scene: 'twelve-services' }, steps: toServices },
  'kiosk-services-120': { ...kiosk, before: { scene: 'many-services' }, steps: toServices },
  'kiosk-aloud-missing': { ...kiosk, steps: async (page) => { await toServices(page); await tap(page, 'Đọc to'); await page.getByText('Chưa có lời đọc').waitFor(); } },
  'counter-calling': { ...counter, before: { calling: true } },
  'counter-serving': { ...counter, path: '/counter#token=sample&counter=2' },
  'counter-paused': { ...counter, path: '/counter#token=sample&counter=3' },
  'counter-closed': { ...counter, path: '/counter#token=sample&counter=4' },
  'counter-1080': { ...counter, size: [1920, 1080] },
  'counter-tablet': { ...counter, size: [600, 960] },
  'counter-which': { ...counter, path: '/counter#token=sample' },
  'counter-no-token': { ...counter, path: '/counter' },
  'counter-stale': { ...counter, steps: async (page, set) => { await set({ down: true }); await page.waitForTimeout(17_000); } },
  'hall-1': { ...hall, before: { hall_counters: 1 } },
  'hall-4': { ...hall, before: { hall_counters: 4 } },
  'hall-12': { ...hall, before: { hall_counters: 12 } },
  'hall-24': { ...hall, before: { hall_counters: 24 } },
  'hall-calling': { ...hall, before: { calling: true } },
  'hall-busy': { ...hall, steps: (page) => page.waitForTimeout(3_500) },
  'hall-empty': { ...hall, before: { scene: 'empty' } },
  'hall-720': { ...hall, size: [1280, 720] },
  'hall-stale': { ...hall, steps: async (page, set) => { await set({ down: true }); await page.waitForTimeout(17_000); } },
  'hall-offline': { ...hall, steps: async (page, set) => { await page.route('**/api/**', (route) => route.abort()); await page.routeWebSocket('**/live', (socket) => socket.close()); await page.reload(); await page.waitForTimeout(4_000); } },
  'hall-revoked': { ...hall, before: { device_refused: true } },
  'tablet-idle': tablet,
  'tablet-receipt': { ...tablet, before: { stage: 'receipt' } },
  'tablet-return': { ...tablet, before: { stage: 'return' } },
  'tablet-reasons': { ...tablet, before: { stage: 'return' }, steps: async (page) => { await tap(page, 'Không hài lòng'); await tap(page, 'Chờ lâu'); } },
  'tablet-next-turn': { ...tablet, before: { stage: 'receipt' }, steps: async (page, set) => { await tap(page, 'Không hài lòng'); await set({ stage: 'return' }); await page.waitForTimeout(500); await tap(page, 'Gửi đánh giá'); await page.getByText('Câu hỏi này dành cho lượt hồ sơ tiếp theo').waitFor(); } },
  'tablet-clears': { ...tablet, before: { stage: 'return' }, steps: async (page) => { await tap(page, 'Không hài lòng'); await tap(page, 'Chờ lâu'); await page.getByRole('timer').waitFor({ timeout: 50_000 }); } },
  'tablet-clears-small': { ...tablet, size: [600, 960], before: { stage: 'return' }, steps: async (page) => { await tap(page, 'Không hài lòng'); await tap(page, 'Chờ lâu'); await page.getByRole('timer').waitFor({ timeout: 50_000 }); } },
  'tablet-cleared': { ...tablet, before: { stage: 'return' }, steps: async (page) => { await tap(page, 'Không hài lòng'); await page.getByText('Phiếu chưa gửi đã được xóa.').waitFor({ timeout: 70_000 }); } },
  'tablet-thanks': { ...tablet, before: { stage: 'receipt' }, steps: (page) => tap(page, 'Rất hài lòng') },
  'tablet-refused': { ...tablet, before: { stage: 'receipt', vote_refused: true }, steps: (page) => tap(page, 'Rất hài lòng') },
  'tablet-sending-again': { ...tablet, before: { stage: 'receipt' }, steps: async (page, set) => { await set({ down: true }); await tap(page, 'Rất hài lòng'); await page.waitForTimeout(2_500); } },
  'tablet-stale': { ...tablet, before: { stage: 'receipt' }, steps: async (page, set) => { await set({ down: true }); await page.waitForTimeout(17_000); } },
  'tablet-which-counter': { ...tablet, path: '/tablet#token=sample' },
  'tablet-small': { ...tablet, size: [600, 960], before: { stage: 'receipt' } },
  'console-login': { ...desk, before: { session: false } },
  'console-login-wrong': { ...desk, before: { session: false }, steps: async (page) => { await page.getByLabel('Tên đăng nhập').fill('lan'); await page.getByLabel('Mật khẩu').fill('sai'); await page.keyboard.press('Enter'); } },
  'console-choose-counter': { ...desk, counter: null },
  'console-queue': desk,
  'console-clock-wrong': { ...desk, before: { scene: 'empty', clock: 'wrong' } },
  'console-clock-suspect': { ...desk, before: { scene: 'empty', clock: 'suspect', role: 'head' } },
  'console-queue-called-none': { ...desk, steps: async (page) => { await page.keyboard.press('F10'); await page.getByText('vắng mặt').first().waitFor(); } },
  'console-queue-serving': { ...desk, steps: async (page) => { await page.keyboard.press('F4'); } },
  'console-queue-refused': { ...desk, counter: 4, steps: async (page) => { await tap(page, 'Mở quầy'); await page.keyboard.press('F2'); await page.keyboard.press('F4'); await page.waitForTimeout(200); await page.keyboard.press('F9'); await page.waitForTimeout(300); await page.keyboard.press('F2'); } },
  'console-queue-empty': { ...desk, before: { scene: 'empty' } },
  'console-queue-paused': { ...desk, counter: 3 },
  'console-transfer': { ...desk, steps: (page) => page.keyboard.press('F8') },
  'console-cancel': { ...desk, steps: (page) => tap(page, /Hủy số/) },
  'console-uplink-cut': { ...desk, before: { uplink: 'offline' } },
  'console-stale': { ...desk, steps: async (page, set) => { await set({ down: true }); await page.waitForTimeout(17_000); } },
  'console-expired': desktop('reception', { before: { card: true }, steps: async (page, set) => { await set({ session: false }); await page.keyboard.press('F4'); await page.getByText('phần đang nhập đã lưu').waitFor(); } }),
  'console-reception': desktop('reception'),
  'console-reception-card': desktop('reception', { before: { card: true } }),
  'console-reception-search': desktop('reception', { steps: async (page) => { await page.getByRole('combobox', { name: /Tìm theo/ }).fill('dang ky'); await page.locator('[role=option]').first().waitFor(); } }),
  'console-reception-filled': desktop('reception', { before: { card: true }, steps: async (page) => { await fillReception(page); await page.getByText('Xem cách tính').click(); } }),
  'console-reception-mend': desktop('reception', { steps: async (page) => { await page.keyboard.press('Control+s'); } }),
  'console-reception-saved': desktop('reception', { before: { card: true }, steps: saveDossier }),
  'console-return': desktop('return'),
  'console-return-open': desktop('return', { steps: (page) => tap(page, 'Đang xử lý') }),
  'console-return-dialog': desktop('return', { steps: async (page) => { await tap(page, /^Trả kết quả H49/); await page.getByLabel('Người được ủy quyền').check(); await page.getByRole('dialog').getByRole('button', { name: 'Trả kết quả' }).click(); } }),
  'console-return-empty': desktop('return', { before: { scene: 'empty' } }),
  'console-dossier': desktop('return', { steps: (page) => tap(page, /^Xem chi tiết/) }),
  'console-hand-over': desktop('hand-over'),
  'console-hand-over-out': desktop('hand-over', { steps: (page) => tap(page, 'Chuyển đi') }),
  'console-hand-over-dialog': desktop('hand-over', { steps: async (page) => { await tap(page, 'Bàn giao mới'); await tap(page, /^Bàn giao H49/); await page.getByRole('searchbox', { name: 'Đơn vị nhận' }).fill('mong cai'); } }),
  'console-devices': desktop('devices', { before: { printer: 'paper_out' } }),
  'console-messages': desktop('messages'),
  'fleet-login': { path: '/fleet', size: [1366, 768], before: { session: false } },
  'fleet-nodes': { path: '/fleet', size: [1366, 768] },
  'fleet-empty': { path: '/fleet', size: [1366, 768], before: { scene: 'empty' } },
  'fleet-aside': { path: '/fleet', size: [1366, 768], steps: (page) => tap(page, 'Xem chi tiết Phường Hà Tu') },
  'fleet-fork': { path: '/fleet', size: [1366, 768], steps: async (page) => { await tap(page, 'Xem chi tiết Xã Hải Sơn'); await tap(page, 'Tiếp tục với nhật ký ở tỉnh'); } },
  'fleet-refused': { path: '/fleet', size: [1366, 768], steps: async (page) => { await page.getByLabel(/Các trung tâm đã chọn/).check(); await page.getByLabel('Nội dung').fill('Họp trực tuyến lúc 16:30.'); await tap(page, 'Gửi tin'); } },
  'fleet-stale': { path: '/fleet', size: [1366, 768], steps: async (page, set) => { await set({ down: true }); await page.waitForTimeout(21_000); } },
  'fleet-ended': { path: '/fleet', size: [1366, 768], steps: async (page, set) => { await set({ session: false }); await page.getByText('phần đang nhập đã lưu').waitFor(); } },
  'console-card-elsewhere': desktop('queue', { steps: async (page, set) => { await set({ card: true }); await page.getByText('Đầu đọc vừa nhận thẻ').waitFor(); } }),
  'console-reception-other-card': desktop('reception', { steps: async (page, set) => { await page.getByLabel(/Họ và tên/).fill('LÊ VĂN NAM'); await set({ card: true }); await page.getByText('Có thẻ mới').waitFor(); } }),
  'console-english': { ...desk, steps: (page) => tap(page, 'English') },
};
