/** Sample data of the development server: invented people at the Cao Xanh ward. */
const minutesAgo = (n) => new Date(Date.now() - n * 60_000).toISOString();
const daysFrom = (n, hour = 17) => {
  const day = new Date(Date.now() + n * 86_400_000);
  const civil = `${day.toISOString().slice(0, 10)}T${String(hour).padStart(2, '0')}:00:00`;
  return { due: civil, due_at: new Date(`${civil}+07:00`).toISOString() };
};

export const services = [
  ['justice', 'A', 'Tư pháp - Hộ tịch, chứng thực', 'Civil status, certification'],
  ['land', 'D', 'Đất đai - Môi trường', 'Land, environment'],
  ['building', 'X', 'Xây dựng - Kinh tế', 'Building, business'],
  ['society', 'H', 'Văn hóa - Xã hội, người có công', 'Culture, social affairs'],
  ['result', 'T', 'Nhận kết quả', 'Collect a result'],
].map(([code, series, name_vi, name_en]) => ({ code, series, name_vi, name_en, waiting_regular: 0, waiting_priority: 0 }));

export const grounds = [
  ['elderly', 'Người cao tuổi', 'Elderly person'],
  ['disabled', 'Người khuyết tật', 'Person with a disability'],
  ['meritorious', 'Người có công với cách mạng', 'Person of merit'],
  ['pregnant', 'Phụ nữ mang thai', 'Pregnant woman'],
  ['small_child', 'Người đi cùng trẻ nhỏ', 'With a small child'],
].map(([code, name_vi, name_en]) => ({ code, name_vi, name_en, legal_basis: 'cần xác nhận', needs_confirmation: true }));

export const counters = [
  { number: 1, name: 'Tư pháp - Hộ tịch', services: ['justice'], state: 'open', officer: 'lan', officer_name: 'Nguyễn Thị Lan' },
  { number: 2, name: 'Đất đai', services: ['land'], state: 'open', officer: 'minh', officer_name: 'Trần Quang Minh' },
  { number: 3, name: 'Xây dựng - Xã hội', services: ['building', 'society'], state: 'paused', pause_reason: 'meeting', officer: 'huong', officer_name: 'Lê Thu Hương' },
  { number: 4, name: 'Trả kết quả', services: ['result'], state: 'closed' },
].map((counter) => ({ officer: null, officer_name: null, pause_reason: null, current: null, rev: 1, ...counter }));

const paper = (seq, name, originals, copies, needs_confirmation = false) => ({ seq, name, originals, copies, needs_confirmation });
const procedure = (code, name, sector, service, limit, fee, papers, needs_confirmation = false) => ({
  code, version: 1, name, sector, service, limit, fee, papers, needs_confirmation,
  source: 'Cổng Dịch vụ công quốc gia', valid_from: '2026-07-01', valid_to: null,
});

export const procedures = [
  procedure('1.001193', 'Đăng ký khai sinh', 'Hộ tịch', 'justice', { value: 1, unit: 'same_day' },
    { kind: 'set_by_council', amount_vnd: null, per: null, note: 'Mức do HĐND tỉnh quyết định' },
    [paper(1, 'Tờ khai đăng ký khai sinh theo mẫu', 1, 0), paper(2, 'Giấy chứng sinh hoặc văn bản của người làm chứng', 1, 0), paper(3, 'Văn bản ủy quyền (nếu có)', 1, 0, true)], true),
  procedure('1.000894', 'Đăng ký kết hôn', 'Hộ tịch', 'justice', { value: 1, unit: 'same_day' }, { kind: 'free', amount_vnd: 0 },
    [paper(1, 'Tờ khai đăng ký kết hôn theo mẫu', 1, 0), paper(2, 'Giấy xác nhận tình trạng hôn nhân', 1, 0)]),
  procedure('2.000815', 'Chứng thực bản sao từ bản chính giấy tờ, văn bản', 'Chứng thực', 'justice', { value: 1, unit: 'same_day' },
    { kind: 'fee', amount_vnd: 2000, per: 'trang', note: 'Từ trang thứ ba: 1.000 đồng/trang, tối đa 200.000 đồng/bản' },
    [paper(1, 'Bản chính giấy tờ, văn bản', 1, 0), paper(2, 'Bản sao cần chứng thực', 0, 1)]),
  procedure('1.004222', 'Đăng ký thường trú', 'Cư trú', 'society', { value: 7, unit: 'working_days' }, { kind: 'charge', amount_vnd: 20000, per: 'lần' },
    [paper(1, 'Tờ khai thay đổi thông tin cư trú (CT01)', 1, 0), paper(2, 'Giấy tờ chứng minh chỗ ở hợp pháp', 0, 1)]),
  procedure('1.012783', 'Cấp đổi Giấy chứng nhận quyền sử dụng đất, quyền sở hữu tài sản gắn liền với đất', 'Đất đai', 'land',
    { value: 10, unit: 'working_days' }, { kind: 'set_by_council', amount_vnd: null, note: 'Theo nghị quyết của HĐND tỉnh' },
    [paper(1, 'Đơn đề nghị theo Mẫu số 11/ĐK', 1, 0), paper(2, 'Bản gốc Giấy chứng nhận đã cấp', 1, 0), paper(3, 'Mảnh trích đo bản đồ địa chính thửa đất', 1, 1, true)], true),
  procedure('1.009994', 'Cấp giấy phép xây dựng nhà ở riêng lẻ', 'Xây dựng', 'building', { value: 15, unit: 'working_days' }, { kind: 'charge', amount_vnd: 75000, per: 'giấy phép' },
    [paper(1, 'Đơn đề nghị cấp giấy phép xây dựng', 1, 0), paper(2, 'Giấy tờ chứng minh quyền sử dụng đất', 0, 1), paper(3, 'Bản vẽ thiết kế xây dựng', 2, 0)]),
  procedure('1.001758', 'Chi trả trợ cấp xã hội hàng tháng khi thay đổi nơi cư trú', 'Bảo trợ xã hội', 'society', { value: 8, unit: 'working_days' }, { kind: 'free', amount_vnd: 0 },
    [paper(1, 'Văn bản đề nghị của đối tượng', 1, 0)]),
];

export const card = {
  number: '022190001234', old_number: '100912345', name: 'PHẠM THỊ NGỌC ÁNH', birth_date: '1990-05-14', sex: 'female',
  address: 'Tổ 5, khu 3, phường Cao Xanh, tỉnh Quảng Ninh', issued: '2021-08-20',
};

const people = ['NGUYỄN VĂN HÙNG', 'TRẦN THỊ MAI', 'ĐẶNG QUỐC TUẤN', 'VŨ THỊ HỒNG NHUNG', 'HOÀNG ĐỨC ANH', 'BÙI THỊ THÚY'];
let made = 0;

/** A dossier as it stands after `days` days, in the way of `view`. */
export function dossier(over = {}) {
  const n = made++;
  const proc = procedures[n % procedures.length];
  const seq = String(n + 1).padStart(4, '0');
  return {
    id: `d-${seq}`, code: `H49.25-261123-${seq}`, procedure: proc.code, procedure_version: proc.version, procedure_name: proc.name, service: proc.service,
    applicant: { name: people[n % people.length], citizen_number: `02219000${1000 + n}`, birth_date: '1984-02-03', sex: 'male', address: 'Khu 2, phường Cao Xanh', phone: `09120000${10 + n}` },
    note: null,
    components: proc.papers.map((one) => ({ seq: one.seq, name: one.name, originals: one.originals, copies: one.copies, received: true, scans: [] })),
    channel: n % 4 === 3 ? 'online' : 'direct', result_channel: n % 5 === 4 ? 'post' : 'counter',
    received_at: minutesAgo(60 + n * 47), received_by: 'lan', counter: 1, ticket: null,
    deadline: { ...daysFrom([2, 0, 6, -3, 9, 1][n % 6], 17), reasons: [] },
    fee_vnd: proc.fee.amount_vnd, state: 4, origin: '06658-1', holder: '06658-1', term: 1, custody: { state: 'held' },
    result: null, returned: null, rev: 1, ...over,
  };
}

export const units = [['06652', 'Phường Hà Tu'], ['06658', 'Phường Cao Xanh'], ['06661', 'Phường Việt Hưng'], ['06673', 'Phường Bãi Cháy'], ['06685', 'Phường Hồng Gai'], ['06712', 'Phường Móng Cái 1'], ['06994', 'Đặc khu Vân Đồn'], ['07192', 'Xã Đầm Hà']]
  .map(([code, name]) => ({ code, node: `${code}-1`, kind: 'phuong', name, accepts: code < '06700' }));

export const devices = () => [
  { id: 'printer-kiosk', title: 'Máy in phiếu tại kiosk', class: 'printer', driver: 'escpos', transport: 'tcp 192.168.10.31:9100', state: 'degraded', reason_code: 'printer.paper_out', since: minutesAgo(4), detail: 'Hết giấy' },
  { id: 'led-1', title: 'Bảng LED quầy 1', class: 'led_sign', driver: 'alpha', transport: 'serial /dev/ttyUSB0', state: 'online', reason_code: null, since: minutesAgo(200), detail: null },
  { id: 'led-2', title: 'Bảng LED quầy 2', class: 'led_sign', driver: 'alpha', transport: 'tcp 192.168.10.42:3001', state: 'offline', reason_code: 'transport.unreachable', since: minutesAgo(31), detail: 'Không có trả lời từ 192.168.10.42' },
  { id: 'reader-1', title: 'Đầu đọc căn cước quầy 1', class: 'card_reader', driver: 'cccd_qr', transport: 'serial /dev/ttyACM0', state: 'online', reason_code: null, since: minutesAgo(190), detail: null },
];

export const discovered = [
  { name: 'EPSON TM-T82III', kind: '_pdl-datastream._tcp', host: 'epson-8a31.local', address: '192.168.10.31', port: 9100, last_seen: minutesAgo(2) },
  { name: 'Canon DR-C230', kind: '_uscan._tcp', host: 'canon-dr.local', address: '192.168.10.36', port: 80, last_seen: minutesAgo(9) },
];

const surface = (device, role, counter, state, more = {}) => ({
  device, role, counter, state, title: '', page: device, version: '0.1.0', kept: 0, aside: 0, error: null, offset_ms: 0, troubles: [], heard_at: minutesAgo(state === 'silent' ? 42 : 0), ...more,
});
export const pairings = [
  { code: 'ACDE34', role: 'tablet', address: '192.168.10.61', user_agent: 'Mozilla/5.0 (Linux; Android 13; <b>SM-T220</b>) Chrome/109.0', age_s: 45, expires_in_s: 555 },
  { code: 'HJK947', role: 'hall', address: '192.168.10.62', user_agent: '', age_s: 130, expires_in_s: 470 },
];
export const paired = [
  { device: 'hall-a1b2c3', role: 'hall', counter: null, title: 'Màn hình sảnh', paired_at: '2026-11-02T01:00:00Z', last_seen: new Date().toISOString() },
  { device: 'tablet-1-a1b2c3', role: 'tablet', counter: 1, title: '', paired_at: '2026-11-02T01:00:00Z', last_seen: null },
];
export const surfaces = () => [
  surface('kiosk-5f20aa', 'kiosk', null, 'well'),
  surface('hall-91c3d0', 'hall', null, 'troubled', { troubles: ['sound_blocked'] }),
  surface('tablet-1-a1b2c3', 'tablet', 1, 'troubled', { troubles: ['votes_kept'], kept: 2 }),
  surface('tablet-2-0d4e11', 'tablet', 2, 'silent', { error: 'rating.token_used' }),
];

const votes = (stage, level, count, service = 'ho-tich', respondent = 'citizen') => ({ stage, level, respondent, service, count });
/** Figures of a month; nothing in a center that has just begun. */
export const ratings = (empty) => ({
  from: minutesAgo(29 * 1440).slice(0, 10), to: minutesAgo(0).slice(0, 10), officers_from: 5, not_yet_counted: empty ? 0 : 5,
  counts: empty ? [] : [votes('receipt', 'very_satisfied', 212), votes('receipt', 'satisfied', 31, 'dat-dai'), votes('receipt', 'dissatisfied', 6, null, 'organisation'), votes('return', 'very_satisfied', 140)],
  reasons: empty ? [] : [{ stage: 'receipt', service: null, reason: 'long_wait', count: 3 }],
  comments: empty ? [] : [{ day: minutesAgo(2880).slice(0, 10), stage: 'receipt', level: 'dissatisfied', service: null, comment: 'Chờ từ tám giờ đến mười giờ.' }],
  officers: empty ? [] : [{ month: `${minutesAgo(0).slice(0, 7)}-01`, officer: 'officer-1', name: 'Nguyễn Thị Hồng', stage: 'receipt', level: 'very_satisfied', count: 58 }],
});

export const messages = () => [
  { id: 'm-1', text: 'Từ 14:00 hôm nay bảo trì Cổng Dịch vụ công quốc gia. Các trung tâm vẫn tiếp nhận bình thường.', from: 'Trung tâm PVHCC tỉnh', at: minutesAgo(12), read_at: null, readers: [] },
  { id: 'm-0', text: 'Báo cáo số lượt tiếp nhận trong tuần trước 16:30 thứ Sáu.', from: 'Trung tâm PVHCC tỉnh', at: minutesAgo(1600), read_at: minutesAgo(1500), readers: [] },
];

const unitNames = ['Phường Cao Xanh', 'Phường Hồng Gai', 'Phường Bãi Cháy', 'Phường Hà Tu', 'Phường Việt Hưng', 'Phường Móng Cái 1', 'Đặc khu Vân Đồn', 'Đặc khu Cô Tô', 'Xã Đầm Hà', 'Xã Hải Sơn'];
export const nodes = () => unitNames.map((unit_name, n) => ({
  node: `0${6652 + n * 7}-1`, unit_name, place_name: unit_name, state: n === 6 ? 'offline' : n === 9 ? 'frozen' : n === 8 ? 'invited' : 'online', frozen_code: n === 9 ? 'stream.fork' : null,
  version: '0.1.0', epoch: 1, entries: n === 8 ? 0 : 18_234 - n * 731, last_seq: n === 8 ? 0 : 18_240 - n * 731, lag_entries: n === 6 ? 412 : n === 2 ? 3 : 0, lag_s: n === 6 ? 7_900 : n === 2 ? 4 : 0,
  last_entry_at: n === 8 ? null : minutesAgo(n === 6 ? 131 : n), last_seen_at: n === 8 ? null : minutesAgo(n === 6 ? 131 : 0), open_dossiers: n === 8 ? 0 : 34 + n * 5, waiting_citizens: n >= 8 ? 0 : 12 - n,
  parked: n === 3 ? 2 : 0, refused_frames: n === 3 ? 1 : 0, conflicts: 0, blobs_missing: n === 6 ? 18 : n === 3 ? 1 : 0, down_waiting: n === 6 ? 1 : 0, alarms: n === 9 ? 1 : 0,
}));

export const aside = (node) => ({
  parked: node === '06673-1' ? [
    { epoch: 1, seq: 17_820, code: 'entry.unknown_version', detail: 'format 2', parked_at: minutesAgo(71) },
    { epoch: 1, seq: 17_771, code: 'entry.bad_change', detail: 'dossier, rev 3', parked_at: minutesAgo(95) },
  ] : [],
  refused: node === '06673-1' ? [{ code: 'frame.wrong_node', detail: '06661-1', bytes: 1_842, times: 4, first_at: minutesAgo(60), last_at: minutesAgo(12) }] : [],
  conflicts: [], down_parked: [],
  salvaged: node === '06715-1' ? [
    { epoch: 1, seq: 11_656, at: minutesAgo(231), actor: 'kiosk', code: null, content: [{ kind: 'ticket', subject: '0197c1de-5d0a-7d11-9d55-20b5fd9f1c11', rev: 1, public: { label: 'K037', service: 'khac', state: 'waiting' }, private: null }] },
    { epoch: 1, seq: 11_657, at: minutesAgo(228), actor: 'nguyen.lan', code: null, content: [{ kind: 'ticket', subject: '0197c1de-5d0a-7d11-9d55-20b5fd9f1c11', rev: 2, public: { label: 'K037', service: 'khac', state: 'called', counter: 2 }, private: null }] },
    { epoch: 1, seq: 11_658, at: minutesAgo(220), actor: 'nguyen.lan', code: 'seal.no_key', content: [] },
  ] : [],
  alarms: node === '06715-1' ? [{ code: 'stream.fork', detail: 'two journals: the one here ends at entry 11661, the other one at 11658; from entry 11656 on they may differ', raised_at: minutesAgo(231) }] : [],
});

export const orders = () => [{ id: 'o-1', text: 'Từ 14:00 hôm nay bảo trì Cổng Dịch vụ công quốc gia. Các trung tâm vẫn tiếp nhận bình thường.', ordered_by: 'kythuat', ordered_at: minutesAgo(12), to_all: true, nodes: nodes().map((row) => ({ node: row.node, delivered: row.state === 'online' })) }];
