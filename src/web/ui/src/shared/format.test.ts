import { describe, expect, it } from 'vitest';
import { clock, date, dayName, duration, fold, longDate, money, remaining, size } from './format';

describe('writing for people', () => {
  it('instants_are_shown_in_vietnam_whatever_the_pc_says', () => {
    expect(clock('2026-11-22T17:30:00Z')).toBe('00:30');
    expect(date('2026-11-22T17:30:00Z')).toBe('23/11/2026');
    expect(dayName('2026-11-22T17:30:00Z', 'vi')).toBe('thứ Hai');
  });

  it('civil_times_are_local_already', () => {
    expect(clock('2026-11-24T11:30:00')).toBe('11:30');
    expect(longDate('2026-11-24T11:30:00', 'vi')).toBe('thứ Ba, 24/11/2026');
    expect(date('1990-05-14')).toBe('14/05/1990');
  });

  it('what_is_no_date_stays_empty', () => {
    expect(date('hôm qua')).toBe('');
  });

  it('money_has_points_for_thousands', () => {
    expect(money(1234567, 'vi')).toBe('1.234.567\u00a0đồng');
    expect(money(0, 'vi')).toBe('0\u00a0đồng');
  });

  it('durations_and_sizes_are_short', () => {
    expect(duration(59, 'vi')).toBe('59\u00a0giây');
    expect(duration(3_660, 'vi')).toBe('1\u00a0giờ 1\u00a0phút');
    expect(duration(200_000, 'vi')).toBe('2\u00a0ngày');
    expect(size(2_621_440)).toBe('2,5\u00a0MB');
  });

  it('under_a_day_is_near_and_past_is_late', () => {
    const now = Date.parse('2026-11-23T03:00:00Z');
    expect(remaining('2026-11-23T10:00:00Z', now).urgency).toBe('near');
    expect(remaining('2026-11-26T10:00:00Z', now).urgency).toBe('calm');
    expect(remaining('2026-11-22T10:00:00Z', now).urgency).toBe('late');
  });

  it('folding_finds_dang_for_Đăng_in_every_spelling', () => {
    for (const spelling of ['Đăng', 'Đăng', 'Ðăng'.replace('Ð', '\u00d0'), 'đăng']) expect(fold(spelling)).toBe('dang');
  });
});
