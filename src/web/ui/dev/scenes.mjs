/** How to bring each surface into each of its states. */
const kiosk = { path: '/kiosk#token=sample', size: [1280, 800] };
const tablet = { path: '/tablet#token=sample&counter=1', size: [1280, 800] };
const hall = { path: '/hall#token=sample', size: [1920, 1080] };

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
  'tablet-thanks': { ...tablet, before: { stage: 'receipt' }, steps: (page) => tap(page, 'Rất hài lòng') },
  'tablet-refused': { ...tablet, before: { stage: 'receipt', vote_refused: true }, steps: (page) => tap(page, 'Rất hài lòng') },
  'tablet-sending-again': { ...tablet, before: { stage: 'receipt' }, steps: async (page, set) => { await set({ down: true }); await tap(page, 'Rất hài lòng'); await page.waitForTimeout(2_500); } },
  'tablet-stale': { ...tablet, before: { stage: 'receipt' }, steps: async (page, set) => { await set({ down: true }); await page.waitForTimeout(17_000); } },
  'tablet-which-counter': { ...tablet, path: '/tablet#token=sample' },
  'tablet-small': { ...tablet, size: [600, 960], before: { stage: 'receipt' } },
};
