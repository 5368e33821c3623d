import { describe, expect, it } from 'vitest';
import type { PolicyBounds, PolicyNumbers, ReplayFigures, ReplayResult } from '../../api/types';
import { callsAs, figuresOf, longest, numbersOf, offered, typedOf, within } from './logic';

const guard: PolicyNumbers = { policy: 'guard', threshold_min: 30, regular_per_priority: 2, priority_weight: 2, overtakes_max: 0 };
const bounds: PolicyBounds = {
  threshold_min: { least: 1, most: 480 },
  regular_per_priority: { least: 1, most: 10 },
  priority_weight: { least: 2, most: 10 },
  overtakes_max: { least: 0, most: 100 },
  days: { least: 1, most: 92 },
  reason_length_max: 200,
};

function figures(p95_s: number): ReplayFigures {
  const own = { called: 1, median_s: p95_s / 2, p95_s, promised: 1, kept: 1, passed_over_most: 0 };
  return { regular: own, priority: { ...own, p95_s: 60 }, not_called: 0 };
}

describe('the_rule_of_calling', () => {
  it('a_number_is_whole_and_within_its_bounds_or_none', () => {
    expect(within(' 30 ', bounds.threshold_min)).toBe(30);
    for (const wrong of ['', '0', '481', '-1', '2.5', '1e2', 'ba', '99999999999']) expect(within(wrong, bounds.threshold_min), wrong).toBeNull();
    expect(numbersOf(typedOf(guard), bounds)?.days).toBe(20);
    expect(numbersOf({ ...typedOf(guard), priority_weight: '1' }, bounds)).toBeNull();
    expect(numbersOf({ ...typedOf(guard), days: '93' }, bounds)).toBeNull();
  });

  it('rules_that_call_alike_are_offered_once', () => {
    const { policy, ...numbers } = guard;
    const names = (rules: PolicyNumbers[]) => rules.map((rule) => rule.policy);
    expect(policy).toBe('guard');
    expect(names(offered(guard, numbers))).toEqual(['guard', 'strict', 'ratio', 'ageing']);
    expect(names(offered(guard, { ...numbers, priority_weight: 5 }))).toEqual(['guard', 'strict', 'ratio', 'ageing']);
    expect(names(offered(guard, { ...numbers, threshold_min: 10 }))).toEqual(['guard', 'guard', 'strict', 'ratio', 'ageing']);
    expect(callsAs({ ...guard, overtakes_max: 3 })).not.toBe(callsAs(guard));
  });

  it('a_rule_shows_only_what_was_tried_with_its_numbers', () => {
    const strict: PolicyNumbers = { ...guard, policy: 'strict' };
    const result: ReplayResult = {
      from: '2026-11-02',
      until: '2026-11-27',
      days: 20,
      visits: 400,
      left_out: 3,
      as_it_was: figures(900),
      played: [
        { numbers: guard, in_force: true, figures: figures(1200) },
        { numbers: strict, in_force: false, figures: figures(2400) },
      ],
    };
    expect(figuresOf(result, strict)?.regular.p95_s).toBe(2400);
    expect(figuresOf(result, { ...guard, threshold_min: 10 })).toBeNull();
    expect(figuresOf(null, guard)).toBeNull();
    expect(longest(result)).toBe(2400);
  });
});
