import { describe, expect, it } from 'vitest';
import type { Counter, CounterCall, Ticket } from '../api/types';
import { fill } from '../text/text';
import { desk as vi } from '../text/vi/console';
import { newest, told } from './CallHistory';
import { leftAt } from './Counter';
import { goesOnHere, named, onTheWay } from './NextServicesDialog';
import type { Text } from './text';
import { allowed, heldHere } from './TicketBar';
import { matching, nameOf } from './units';
import { merge } from './useQueue';

describe('the current number', () => {
  it('a_called_number_can_begin_or_be_absent_but_not_be_completed', () => {
    const can = allowed('called', true, true);
    expect(can).toMatchObject({ recall: true, begin: true, noShow: true, transfer: true, complete: false, hold: false, callNext: false });
  });

  it('a_number_in_service_is_completed_or_held_before_the_next_is_called', () => {
    const can = allowed('serving', true, true);
    expect(can).toMatchObject({ complete: true, hold: true, transfer: true, callNext: false, noShow: false, resume: false });
  });

  it('a_paused_counter_calls_nobody', () => {
    expect(allowed(null, false, true)).toMatchObject({ callNext: false, resume: false });
    expect(allowed(null, true, false)).toMatchObject({ callNext: true, resume: false });
  });

  it('the_number_held_first_comes_back_first_and_only_at_its_counter', () => {
    const tickets = [
      ticket({ id: 'b', state: 'on_hold', counter: 1, called_at: '2026-11-23T03:05:00Z' }),
      ticket({ id: 'a', state: 'on_hold', counter: 1, called_at: '2026-11-23T03:01:00Z' }),
      ticket({ id: 'c', state: 'on_hold', counter: 2, called_at: '2026-11-23T03:00:00Z' }),
    ];
    expect(heldHere(tickets, 1).map((one) => one.id)).toEqual(['a', 'b']);
  });
});

describe('what a number has still to visit', () => {
  it('goes_on_at_this_counter_only_where_it_serves_the_next_one_and_nobody_expects_the_number_first', () => {
    const next = { next_services: ['justice-2', 'land'] };
    const here = counter({ services: ['justice', 'justice-2'] });
    expect(goesOnHere(ticket(next), here)).toBe('justice-2');
    expect(goesOnHere(ticket({ ...next, return_to: 3 }), here)).toBeNull();
    expect(goesOnHere(ticket(next), counter({ services: ['justice', 'land'] }))).toBeNull();
    expect(goesOnHere(ticket({}), here)).toBeNull();
  });

  it('is_nothing_in_a_picture_that_leaves_it_out_and_an_unknown_code_is_said_as_it_is', () => {
    expect(onTheWay(ticket({}))).toEqual([]);
    expect(named(['land', 'gone'], [{ ...service, code: 'land' }], 'vi')).toBe('Đất đai; gone');
  });
});

describe('closing a counter', () => {
  it('names_what_is_left_there_first_the_number_in_hand', () => {
    const tickets = [
      ticket({ id: 'a', label: 'A001', state: 'on_hold', counter: 1 }),
      ticket({ id: 'b', label: 'A002', state: 'serving', counter: 1 }),
      ticket({ id: 'c', label: 'A003', state: 'on_hold', counter: 2 }),
      ticket({ id: 'd', label: 'A004' }),
    ];
    expect(leftAt(tickets, counter({ current: 'b' }))).toEqual(['A002', 'A001']);
    expect(leftAt([], counter({}))).toEqual([]);
  });
});

describe('what a command answered', () => {
  it('shows_before_the_next_snapshot_and_yields_to_a_newer_one', () => {
    const answer = { tickets: { a: ticket({ id: 'a', state: 'called', rev: 2 }) }, counters: { 1: counter({ current: 'a', rev: 2 }) } };
    const before = merge({ tickets: [ticket({ id: 'a', rev: 1 })], counters: [counter({ rev: 1 })] }, answer);
    expect(before.tickets[0]?.state).toBe('called');
    expect(before.counters[0]?.current).toBe('a');
    const after = merge({ tickets: [ticket({ id: 'a', state: 'serving', rev: 3 })], counters: [counter({ rev: 3 })] }, answer);
    expect(after.tickets[0]?.state).toBe('serving');
  });

  it('does_not_keep_a_number_that_is_over_and_has_left_the_queue', () => {
    const answer = { tickets: { a: ticket({ id: 'a', state: 'on_hold', rev: 4 }) }, counters: {} };
    expect(merge({ tickets: [], counters: [] }, answer).tickets).toHaveLength(1);
    expect(merge({ tickets: [], counters: [] }, answer, new Set(['a'])).tickets).toEqual([]);
  });
});

describe('what this counter called', () => {
  const say = ((key: keyof typeof vi, values?: Record<string, string | number>) => fill(vi[key], values)) as Text;
  const line = (ended: CounterCall['ended'], now: Partial<Ticket>) => {
    const call: CounterCall = { ticket: ticket(now), called_at: '2026-11-23T03:05:00Z', ended: ended ?? null };
    return told(call, call.ticket, say, 'vi', (code) => (code === 'dat-dai' ? 'Đất đai' : code));
  };

  it('a_number_that_is_still_here_says_how_it_stands', () => {
    expect(line(null, { state: 'completed', counter: 1 })).toEqual({ how: 'hoàn thành', now: null });
  });

  it('a_transferred_number_says_where_it_went_and_where_it_is_now', () => {
    const at = '2026-11-23T03:12:00Z';
    expect(line({ end: 'to_service', at, service: 'dat-dai' }, { state: 'waiting' })).toEqual({
      how: 'đã chuyển sang nhóm Đất đai lúc 10:12',
      now: 'Hiện nay: đang chờ',
    });
    expect(line({ end: 'to_counter', at, counter: 2 }, { state: 'serving', counter: 2 })).toEqual({
      how: 'đã chuyển sang quầy\u00a02 lúc 10:12',
      now: 'Hiện nay: đang phục vụ, quầy\u00a02',
    });
    expect(line({ end: 'came_back', at }, { state: 'waiting' }).how).toBe('vắng mặt, đã đưa lại hàng chờ lúc 10:12');
    expect(line({ end: 'carried_over', at }, { state: 'waiting' }).how).toBe('hết ngày, đã chuyển sang hôm sau');
  });

  it('a_number_that_was_served_and_went_on_says_where_to', () => {
    const at = '2026-11-23T03:12:00Z';
    expect(line({ end: 'to_next', at, service: 'dat-dai' }, { state: 'waiting' }).how).toBe('xong, chờ tiếp nhóm Đất đai từ 10:12');
    expect(line({ end: 'went_on', at, service: 'dat-dai' }, { state: 'serving', counter: 1 }).how).toBe('xong, làm tiếp nhóm Đất đai lúc 10:12');
    expect(line({ end: 'returned_to', at, counter: 3 }, { state: 'waiting' }).how).toBe('xong, quay lại quầy\u00a03 lúc 10:12');
  });

  it('the_newer_picture_of_the_number_counts', () => {
    const call: CounterCall = { ticket: ticket({ rev: 4 }), called_at: '2026-11-23T03:05:00Z' };
    expect(newest(call, [ticket({ rev: 5, state: 'called', counter: 3 })]).counter).toBe(3);
    expect(newest(call, [ticket({ rev: 3, state: 'called', counter: 1 })]).state).toBe('waiting');
    expect(newest(call, [])).toBe(call.ticket);
  });
});

describe('finding a unit', () => {
  it('needs_no_marks', () => {
    const units = [
      { code: '06712', node: '06712-1', kind: 'phuong' as const, name: 'Phường Móng Cái 1', accepts: true },
      { code: '07192', node: '07192-1', kind: 'xa' as const, name: 'Xã Đầm Hà', accepts: false },
    ];
    expect(matching(units, 'mong cai')).toHaveLength(1);
    expect(matching(units, 'dam ha')[0]?.code).toBe('07192');
    expect(matching(units, '067')).toHaveLength(1);
  });

  it('a_reception_point_has_its_own_name_and_an_unnamed_box_that_of_its_unit', () => {
    const zone = { code: '06994', kind: 'dac_khu' as const, accepts: true };
    const units = [
      { ...zone, node: '06994-1', name: 'Đặc khu Vân Đồn' },
      { ...zone, node: '06994-2', name: 'Đặc khu Vân Đồn, điểm Quan Lạn' },
    ];
    expect(['06994-1', '06994-2', '06994-9', '07192-2'].map((node) => nameOf(units, node))).toEqual([
      'Đặc khu Vân Đồn',
      'Đặc khu Vân Đồn, điểm Quan Lạn',
      'Đặc khu Vân Đồn',
      '07192-2',
    ]);
    expect(matching(units, 'quan lan')).toHaveLength(1);
  });
});

const service = {
  code: 'dat-dai', name_vi: 'Đất đai', name_en: 'Land', series: 'B', waiting_regular: 0, waiting_priority: 0, promise_regular_min: 45, promise_priority_min: 15,
};

function ticket(over: Partial<Ticket>): Ticket {
  return {
    id: 'a', business_day: '2026-11-23', label: 'A001', service: 'justice', class: 'regular', state: 'waiting',
    issued_at: '2026-11-23T03:00:00Z', queued_at: '2026-11-23T03:00:00Z', recall_count: 0, return_used: false, printed: 'printed', rev: 1, ...over,
  };
}

function counter(over: Partial<Counter>): Counter {
  return { number: 1, name: 'Quầy 1', services: ['justice'], withheld: [], state: 'open', rev: 1, ...over };
}
