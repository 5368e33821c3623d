/** What the page of figures works out by itself: days, forms of numbers, bars, the arithmetic of an advice and of a forecast. */
import type { Advice, Overload, ReportRow, Spread } from '../../api/types';
import { dateTimeField } from '../../shared/format';

/** The server refuses more days at once. */
export const DAYS_MAX = 92;

/** The day in Viet Nam, `yyyy-mm-dd`. */
export const dayOf = (now: number) => dateTimeField(now).slice(0, 10);

const DAY_MS = 86_400_000;
const millis = (day: string) => Date.parse(`${day}T00:00:00Z`);

/** So many days later; earlier with a negative number. */
export const daysAfter = (day: string, days: number) => new Date(millis(day) + days * DAY_MS).toISOString().slice(0, 10);

export type RangeProblem = 'needDays' | 'badOrder' | 'tooLong';

/** Why these days cannot be asked for. */
export function rangeProblem(from: string, to: string): RangeProblem | null {
  const days = (millis(to) - millis(from)) / DAY_MS + 1;
  if (!Number.isFinite(days)) return 'needDays';
  if (days < 1) return 'badOrder';
  return days > DAYS_MAX ? 'tooLong' : null;
}

/** «12:05», «1:02:05» */
export function short(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
}

/** Some percentiles of durations; null of none. */
export const spread = (of: Spread, which: ('p50_s' | 'p90_s' | 'p95_s')[]) => (of.count === 0 ? null : which.map((one) => short(of[one])).join(' · '));

/** «83%»; null where nothing was promised. It never says 100% of what was not all kept. */
export const share = (kept: number, promised: number) => (promised === 0 ? null : `${Math.floor((kept * 100) / promised)}%`);

export interface HourBar {
  hour: number;
  issued: number;
  waitS: number | null;
}

/** Every hour from the first to the last one in which something happened, also those without. */
export function hours(rows: ReportRow[]): HourBar[] {
  const known = new Map(rows.map((row) => [Number(row.key), row.figures]));
  if (known.size === 0) return [];
  const first = Math.min(...known.keys());
  const last = Math.max(...known.keys());
  return Array.from({ length: last - first + 1 }, (_, place) => {
    const figures = known.get(first + place);
    return { hour: first + place, issued: figures?.issued ?? 0, waitS: figures && figures.wait.count > 0 ? figures.wait.p90_s : null };
  });
}

/** How long a bar is, of 100. */
export const barOf = (value: number, most: number) => (most <= 0 ? 0 : Math.round((Math.max(0, value) * 1000) / most) / 10);

const minutes = (seconds: number) => Math.round(seconds / 60);

/** The numbers of an advice in whole minutes, rounded so that the sum on the screen is right. */
export function arithmetic(advice: Advice) {
  const [last, capacity] = [minutes(advice.last_s), minutes(advice.capacity_s)];
  // A lack of seconds may be none in whole minutes, and is still a lack.
  const work = Math.max(minutes(advice.work_s), last + capacity + 1);
  return {
    people: advice.people,
    within: minutes(advice.within_s),
    work,
    last,
    count: Math.min(advice.counters, advice.people),
    counters: advice.counters,
    capacity,
    short: work - last - capacity,
    more: advice.more,
  };
}

/** The numbers of a forecast in whole minutes, rounded so that the sum on the screen is right. */
export function foreseen(overload: Overload) {
  const [waitingMin, comingMin, promise] = [minutes(overload.waiting_s), minutes(overload.coming_s), minutes(overload.promise_s)];
  const left = Math.min(minutes(overload.left_s), waitingMin + comingMin);
  return {
    waiting: overload.waiting,
    waitingMin,
    coming: overload.coming,
    comingMin,
    counters: overload.counters,
    done: waitingMin + comingMin - left,
    left,
    last: minutes(overload.last_s),
    // Longer by seconds is longer.
    wait: Math.max(minutes(overload.wait_s), promise + 1),
    promise,
    more: overload.more,
  };
}
