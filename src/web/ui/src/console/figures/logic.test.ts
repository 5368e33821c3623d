import { describe, expect, it } from 'vitest';
import type { Advice, Overload, ReportRow, Spread } from '../../api/types';
import { arithmetic, barOf, dayOf, daysAfter, foreseen, hours, rangeProblem, share, short, spread } from './logic';

const lies = (count: number, seconds: number): Spread => ({ count, p50_s: seconds, p90_s: seconds + 60, p95_s: seconds + 120, longest_s: seconds + 180 });

function hourRow(key: string, issued: number, waits: Spread): ReportRow {
  return {
    key,
    figures: {
      issued,
      wait: waits,
      promised: issued,
      kept: issued,
      calls: issued,
      walk: lies(0, 0),
      serving: lies(0, 0),
      completed: issued,
      no_shows: 0,
      transfers: 0,
      cancelled: 0,
      left: 0,
    },
  };
}

describe('days', () => {
  it('a_day_begins_at_midnight_in_viet_nam', () => {
    expect(dayOf(Date.parse('2026-11-23T16:59:59Z'))).toBe('2026-11-23');
    expect(dayOf(Date.parse('2026-11-23T17:00:00Z'))).toBe('2026-11-24');
    expect(daysAfter('2026-03-01', -1)).toBe('2026-02-28');
  });

  it('a_quarter_at_most_is_asked_for_and_never_backwards', () => {
    expect(rangeProblem('2026-07-01', '2026-09-30')).toBeNull();
    expect(rangeProblem('2026-07-01', '2026-10-01')).toBe('tooLong');
    expect(rangeProblem('2026-07-02', '2026-07-01')).toBe('badOrder');
    expect(rangeProblem('', '2026-07-01')).toBe('needDays');
  });
});

describe('numbers', () => {
  it('durations_are_short_and_unknown_ones_are_not_zero', () => {
    expect(short(725)).toBe('12:05');
    expect(short(3725)).toBe('1:02:05');
    expect(spread(lies(3, 60), ['p50_s', 'p95_s'])).toBe('1:00 · 3:00');
    expect(spread(lies(0, 0), ['p50_s'])).toBeNull();
  });

  it('a_promise_that_was_missed_once_is_not_shown_as_always_kept', () => {
    expect(share(199, 200)).toBe('99%');
    expect(share(200, 200)).toBe('100%');
    expect(share(0, 0)).toBeNull();
  });
});

describe('the bars', () => {
  it('hours_without_anybody_stand_between_the_others', () => {
    const told = hours([hourRow('7', 2, lies(2, 60)), hourRow('10', 1, lies(0, 0))]);
    expect(told.map((one) => one.hour)).toEqual([7, 8, 9, 10]);
    expect(told.map((one) => one.issued)).toEqual([2, 0, 0, 1]);
    expect(told.map((one) => one.waitS)).toEqual([120, null, null, null]);
    expect(hours([])).toEqual([]);
  });

  it('the_longest_bar_fills_its_place_and_nothing_has_none', () => {
    expect([barOf(50, 50), barOf(25, 50), barOf(0, 50), barOf(0, 0)]).toEqual([100, 50, 0, 0]);
  });
});

describe('an advice', () => {
  const advice: Advice = {
    services: ['ho-tich'],
    people: 20,
    within_s: 300,
    work_s: 7_200,
    last_s: 360,
    counters: 1,
    capacity_s: 120,
    short_s: 6_720,
    more: 18,
    open: [2, 3],
  };

  it('its_minutes_add_up_on_the_screen', () => {
    const told = arithmetic(advice);
    expect(told).toMatchObject({ people: 20, within: 5, work: 120, last: 6, capacity: 2, short: 112, count: 1 });
    const odd = arithmetic({ ...advice, work_s: 389, last_s: 89, capacity_s: 89, short_s: 211 });
    expect(odd.work - odd.last - odd.capacity).toBe(odd.short);
  });

  it('a_lack_of_seconds_is_shown_as_a_minute', () => {
    const told = arithmetic({ ...advice, work_s: 130, last_s: 0, capacity_s: 120, short_s: 10 });
    expect([told.work, told.last, told.capacity, told.short]).toEqual([3, 0, 2, 1]);
    expect(arithmetic({ ...advice, work_s: 2, last_s: 0, counters: 0, capacity_s: 0, short_s: 2 })).toMatchObject({ work: 1, short: 1, count: 0 });
  });
});

describe('a forecast', () => {
  const overload: Overload = {
    services: ['ho-tich'],
    class: 'regular',
    at: '2026-11-23T02:30:00Z',
    waiting: 4,
    waiting_s: 1_680,
    coming: 42,
    coming_s: 15_120,
    counters: 2,
    done_s: 10_800,
    left_s: 6_000,
    last_s: 360,
    wait_s: 2_820,
    promise_s: 2_700,
    more: 1,
    open: [2],
    days_over: 9,
    early: '2026-11-23T02:10:00Z',
    late: '2026-11-23T03:00:00Z',
  };

  it('its_minutes_add_up_on_the_screen', () => {
    expect(foreseen(overload)).toMatchObject({ waitingMin: 28, comingMin: 252, done: 180, left: 100, last: 6, wait: 47, promise: 45 });
    const odd = foreseen({ ...overload, waiting_s: 1_709, coming_s: 15_149, left_s: 6_031, done_s: 10_827 });
    expect(odd.waitingMin + odd.comingMin - odd.done).toBe(odd.left);
  });

  it('a_wait_that_passes_the_promise_by_seconds_is_not_shown_as_kept', () => {
    const told = foreseen({ ...overload, wait_s: 2_701 });
    expect([told.wait, told.promise]).toEqual([46, 45]);
  });
});
