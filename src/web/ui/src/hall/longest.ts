import type { HallWait } from '../api/types';

/** So many fit into the line at the foot and can be read from afar. */
export const WAITS_SHOWN = 3;

/** Those who must wait longest, for whom it matters most; of equal ones those that stand first. */
export function longestFirst(waits: HallWait[]): HallWait[] {
  const length = (wait: HallWait) => wait.high_min ?? Number.POSITIVE_INFINITY;
  const order = (one: HallWait, other: HallWait) => {
    if (length(one) === length(other)) return 0;
    return length(one) < length(other) ? 1 : -1;
  };
  return [...waits].sort(order).slice(0, WAITS_SHOWN);
}
