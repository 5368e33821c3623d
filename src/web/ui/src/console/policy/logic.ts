/** What the page of the rule of calling works out by itself: which rules call alike, numbers from fields, bars. */
import type { CallPolicy, PolicyBounds, PolicyNumbers, ReplayFigures, ReplayResult } from '../../api/types';
import type { Text } from './text';

export const POLICIES: CallPolicy[] = ['guard', 'strict', 'ratio', 'ageing'];
export const NUMBERS = ['threshold_min', 'regular_per_priority', 'priority_weight', 'overtakes_max'] as const;
export type NumberName = (typeof NUMBERS)[number];
/** What stands in the fields. */
export type Typed = Record<NumberName | 'days', string>;

/** The days that are tried unless somebody wishes others. */
const DAYS = 20;

export const typedOf = (numbers: PolicyNumbers): Typed => ({
  threshold_min: String(numbers.threshold_min),
  regular_per_priority: String(numbers.regular_per_priority),
  priority_weight: String(numbers.priority_weight),
  overtakes_max: String(numbers.overtakes_max),
  days: String(DAYS),
});

/** A whole number within its bounds; null of anything else. */
export function within(text: string, bounds: { least: number; most: number }): number | null {
  const value = /^\s*\d{1,6}\s*$/.test(text) ? Number(text) : NaN;
  return value >= bounds.least && value <= bounds.most ? value : null;
}

/** The numbers of all fields; null while one is out of its bounds. */
export function numbersOf(typed: Typed, bounds: PolicyBounds): { numbers: Omit<PolicyNumbers, 'policy'>; days: number } | null {
  const [threshold_min, regular_per_priority, priority_weight, overtakes_max] = NUMBERS.map((name) => within(typed[name], bounds[name]));
  const days = within(typed.days, bounds.days);
  if (threshold_min == null || regular_per_priority == null || priority_weight == null || overtakes_max == null || days == null) return null;
  return { numbers: { threshold_min, regular_per_priority, priority_weight, overtakes_max }, days };
}

/** Rules with the same key call alike: the numbers of other policies make no difference. */
export function callsAs(of: PolicyNumbers): string {
  const own = { guard: of.threshold_min, strict: 0, ratio: of.regular_per_priority, ageing: of.priority_weight }[of.policy];
  return `${of.policy}|${own}|${of.overtakes_max}`;
}

/** The rule in force, then every other one with the numbers of the fields. */
export function offered(inForce: PolicyNumbers, numbers: Omit<PolicyNumbers, 'policy'>): PolicyNumbers[] {
  const others = POLICIES.map((policy) => ({ policy, ...numbers })).filter((one) => callsAs(one) !== callsAs(inForce));
  return [inForce, ...others];
}

/** What the tried days would have been under a rule, where they were tried under it. */
export const figuresOf = (result: ReplayResult | null | undefined, rule: PolicyNumbers): ReplayFigures | null =>
  result?.played.find((one) => callsAs(one.numbers) === callsAs(rule))?.figures ?? null;

/** The longest wait that a bar shows. Seconds. */
export const longest = (result: ReplayResult): number =>
  Math.max(0, ...[result.as_it_was, ...result.played.map((one) => one.figures)].flatMap((of) => [of.regular.p95_s, of.priority.p95_s]));

/** A rule in a sentence, with its numbers. */
export function sentence(of: PolicyNumbers, t: Text): string {
  const own = {
    guard: () => t('says_guard', { threshold: of.threshold_min }),
    strict: () => t('says_strict'),
    ratio: () => t('says_ratio', { share: of.regular_per_priority }),
    ageing: () => t('says_ageing', { weight: of.priority_weight }),
  }[of.policy]();
  return of.overtakes_max === 0 ? own : `${own} ${t('saysBound', { most: of.overtakes_max })}`;
}
