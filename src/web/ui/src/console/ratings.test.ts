import { describe, expect, it } from 'vitest';
import { officerNames, reasonsOf, rowsBy, share } from './ratings';

const figure = (service: string | null, level: 'very_satisfied' | 'satisfied' | 'dissatisfied', count: number) => ({
  stage: 'receipt' as const,
  respondent: 'citizen' as const,
  service,
  level,
  count,
});

describe('the assessment page', () => {
  it('adds_up_the_levels_of_each_row', () => {
    const rows = rowsBy([figure('ho-tich', 'satisfied', 3), figure(null, 'satisfied', 1), figure('ho-tich', 'dissatisfied', 1)], (one) => one.service ?? '');
    expect(rows).toEqual([
      { key: 'ho-tich', levels: { very_satisfied: 0, satisfied: 3, dissatisfied: 1 }, total: 4 },
      { key: '', levels: { very_satisfied: 0, satisfied: 1, dissatisfied: 0 }, total: 1 },
    ]);
    expect(rowsBy([], () => '')).toEqual([]);
  });

  it('keeps_two_officers_with_one_name_apart', () => {
    const of = (officer: string, name: string | null) => ({ month: '2026-11-01', officer, name, stage: 'return' as const, level: 'satisfied' as const, count: 5 });
    const names = officerNames([of('lan.1', 'Lan'), of('lan.2', 'Lan'), of('lan.1', 'Lan'), of('nam', 'Nam'), of('gone', null)]);
    expect([...names]).toEqual([['lan.1', 'Lan (lan.1)'], ['lan.2', 'Lan (lan.2)'], ['nam', 'Nam'], ['gone', 'gone']]);
  });

  it('divides_by_nobody_without_a_number', () => {
    expect([share(1, 3), share(3, 3), share(0, 0)]).toEqual(['33,3%', '100,0%', '–']);
  });

  it('puts_the_most_frequent_reason_first', () => {
    const of = (reason: string, count: number) => ({ stage: 'return' as const, reason, count });
    expect(reasonsOf([of('late_result', 2), of('long_wait', 1), of('long_wait', 4)])).toEqual([
      { reason: 'long_wait', count: 5 },
      { reason: 'late_result', count: 2 },
    ]);
  });
});
