import { describe, expect, it } from 'vitest';
import type { HallWait } from '../api/types';
import { WAITS_SHOWN, longestFirst } from './longest';

const wait = (service: string, high_min: number | null): HallWait => ({
  service,
  name_vi: service,
  name_en: service,
  low_min: high_min === null ? null : 0,
  high_min,
});
const shown = (waits: HallWait[]) => longestFirst(waits).map((one) => one.service);

describe('the waits on the screen', () => {
  it('begin_with_who_waits_without_an_open_counter_and_then_with_the_longest', () => {
    expect(shown([wait('a', 10), wait('b', null), wait('c', 25)])).toEqual(['b', 'c', 'a']);
  });

  it('stand_in_the_order_of_the_groups_where_they_are_equal_and_are_no_more_than_fit', () => {
    const waits = ['a', 'b', 'c', 'd'].map((service) => wait(service, 5));
    expect(shown(waits)).toEqual(['a', 'b', 'c']);
    expect(shown(waits)).toHaveLength(WAITS_SHOWN);
    expect(waits.map((one) => one.service)).toEqual(['a', 'b', 'c', 'd']);
  });
});
