import { describe, expect, it } from 'vitest';
import type { NodeRow } from '../api/types';
import { provinceRangeProblem, unitsOf } from './provinceFigures';

describe('figures of all centers', () => {
  it('a_month_is_asked_of_all_and_a_quarter_of_one', () => {
    expect(provinceRangeProblem('2026-11-01', '2026-12-01', '')).toBeNull();
    expect(provinceRangeProblem('2026-11-01', '2026-12-02', '')).toBe('tooLongForAll');
    expect(provinceRangeProblem('2026-10-01', '2026-12-31', '06658')).toBeNull();
    expect(provinceRangeProblem('2026-09-01', '2026-12-31', '06658')).toBe('tooLong');
    expect(provinceRangeProblem('2026-11-02', '2026-11-01', '')).toBe('badOrder');
    expect(provinceRangeProblem('', '2026-11-01', '')).toBe('needDays');
  });

  it('a_unit_with_two_boxes_is_named_once', () => {
    const node = (name: string, unit_name: string) => ({ node: name, unit_name }) as NodeRow;
    expect(unitsOf([node('06994-2', 'Vân Đồn'), node('06658-1', 'Cao Xanh'), node('06994-1', 'Vân Đồn')])).toEqual([
      { code: '06658', name: 'Cao Xanh' },
      { code: '06994', name: 'Vân Đồn' },
    ]);
  });
});
