import { describe, expect, it } from 'vitest';
import type { Custody, HandOverNews } from '../api/types';
import { fill } from '../text/text';
import { desk } from '../text/vi/console';
import { keyOf, unseen } from './useHandOverNews';
import { custodyLines, returnLines } from './units';
import type { Text } from './text';

const t = ((key: keyof typeof desk, values?: Record<string, string>) => fill(desk[key], values)) as Text;
const name = (node: string) => (node === '06652-1' ? 'Phường Hà Tu' : node);
const lines = (custody: Custody, more: Partial<Parameters<typeof custodyLines>[0]> = {}) => custodyLines({ custody, ...more }, name, t);
const at = '2026-11-23T03:00:00Z';
const to = '06652-1';

describe('what became of a hand-over', () => {
  it('nobody_is_said_to_have_it_before_having_confirmed', () => {
    expect(lines({ state: 'handing_over', to, at })).toEqual(['Đang gửi về tỉnh để giao cho Phường Hà Tu']);
    expect(lines({ state: 'passed_on', to, at, too_late: false })).toEqual(['Tỉnh đã nhận và chuyển cho Phường Hà Tu; chờ Phường Hà Tu xác nhận']);
    expect(lines({ state: 'accepted_away', to })).toEqual(['Phường Hà Tu đã xác nhận và đang giữ']);
  });

  it('a_take_back_that_came_too_late_says_so_first', () => {
    expect(lines({ state: 'passed_on', to, at, too_late: true })[0]).toMatch(/^Không thu hồi được: tỉnh đã chuyển cho Phường Hà Tu/);
  });

  it('what_came_back_says_why', () => {
    const declined = { last_hand_over: { to, how: 'declined' as const, at }, custody_note: 'Không thuộc địa bàn' };
    expect(lines({ state: 'held' }, declined)).toEqual(['Phường Hà Tu từ chối nhận lúc 10:00 23/11/2026', 'Lý do: Không thuộc địa bàn']);
    expect(lines({ state: 'held' }, { last_hand_over: { to, how: 'no_box', at } })[0]).toMatch(/chưa có máy chủ đăng ký với tỉnh/);
    expect(lines({ state: 'held' })).toEqual(['Đang giữ tại đây']);
  });

  it('what_was_returned_is_not_said_to_be_held_here_and_says_when_to_whom_and_what', () => {
    expect(lines({ state: 'held' }, { state: 10 })).toEqual([]);
    expect(lines({ state: 'held' }, { state: 9 })).toEqual(['Đang giữ tại đây']);
    const result = { title: 'Giấy khai sinh', ready_at: at, by: 'lan' };
    const applicant = { name: 'Nguyễn Văn An' };
    expect(returnLines({ result, applicant }, t)).toEqual([]);
    const returned = { at, by: 'lan' };
    expect(returnLines({ returned, result, applicant }, t)).toEqual(['Đã trả lúc 10:00 23/11/2026', 'Người nhận: chủ hồ sơ', 'Kết quả: Giấy khai sinh']);
    const collector = { name: 'Trần Thị Bình' };
    expect(returnLines({ returned: { ...returned, collector }, result, applicant }, t)[1]).toBe('Người được ủy quyền nhận: Trần Thị Bình');
    expect(returnLines({ returned, applicant: { name: '' } }, t)).toEqual(['Đã trả lúc 10:00 23/11/2026']);
  });

  it('news_is_told_once_and_in_its_order', () => {
    const news = (what: HandOverNews['what'], minute: number): HandOverNews => ({ dossier: 'd', code: 'H49', what, other: to, at: `2026-11-23T03:0${minute}:00Z` });
    const [passed, declined] = [news('passed_on', 1), news('declined', 2)];
    expect(unseen([declined, passed], new Set())).toEqual([passed, declined]);
    expect(unseen([declined, passed], new Set([keyOf(passed)]))).toEqual([declined]);
  });
});
