import { describe, expect, it } from 'vitest';
import { capitalPx, DIGIT_MIN_PX, layout, PAGE_S, pageAt, WORD_MIN_PX } from './layout';

const COUNTERS_MAX = 24;
const counts = Array.from({ length: COUNTERS_MAX }, (_, n) => n + 1);

describe('the counters on the screen of the hall', () => {
  it('can_be_read_from_afar_with_1_to_24_counters', () => {
    for (const count of counts) {
      const { size, stateSize } = layout(count);
      expect(capitalPx(size), `${count} counters`).toBeGreaterThanOrEqual(DIGIT_MIN_PX);
      expect(capitalPx(stateSize), `${count} counters`).toBeGreaterThanOrEqual(WORD_MIN_PX);
    }
  });

  it('each_counter_has_its_place_on_one_page', () => {
    for (const count of counts) {
      const { columns, rows, pages, perPage } = layout(count);
      expect(columns * rows, `${count} counters`).toBeGreaterThanOrEqual(perPage);
      expect(pages * perPage, `${count} counters`).toBeGreaterThanOrEqual(count);
      expect((pages - 1) * perPage, `${count} counters: an empty page`).toBeLessThan(count);
      expect(columns * (rows - 1), `${count} counters: an empty row`).toBeLessThan(perPage);
    }
  });

  it('digits_at_1080p_are_as_high_as_this', () => {
    // Counters, columns, pages, pixels of a digit.
    expect(counts.map((count) => [count, layout(count).columns, layout(count).pages, Math.round(capitalPx(layout(count).size))])).toEqual([
      [1, 1, 1, 118], [2, 1, 1, 118], [3, 1, 1, 95], [4, 1, 1, 71], [5, 1, 1, 57], [6, 2, 1, 54],
      [7, 2, 1, 54], [8, 2, 1, 54], [9, 2, 1, 54], [10, 2, 1, 54], [11, 2, 1, 53], [12, 2, 1, 53],
      [13, 3, 1, 53], [14, 3, 1, 53], [15, 3, 1, 53], [16, 3, 1, 53], [17, 3, 1, 53], [18, 3, 1, 53],
      [19, 2, 2, 54], [20, 2, 2, 54], [21, 3, 2, 53], [22, 3, 2, 53], [23, 3, 2, 53], [24, 3, 2, 53],
    ]);
  });

  it('more_counters_never_stand_in_larger_digits_on_one_page', () => {
    const onePage = counts.map(layout).filter(({ pages }) => pages === 1);
    expect(onePage.length).toBeGreaterThanOrEqual(12);
    for (const { columns } of onePage) {
      const sizes = onePage.filter((one) => one.columns === columns).map(({ size }) => size);
      expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    }
  });

  it('none_and_far_too_many_have_a_layout_too', () => {
    expect(layout(0)).toMatchObject({ columns: 1, pages: 1 });
    const { size, pages, perPage } = layout(99);
    expect(capitalPx(size)).toBeGreaterThanOrEqual(DIGIT_MIN_PX);
    expect(pages * perPage).toBeGreaterThanOrEqual(99);
  });

  it('pages_come_in_turn_and_stay_their_time', () => {
    const at = (seconds: number) => pageAt(2, seconds * 1000);
    expect([0, PAGE_S - 1, PAGE_S, 2 * PAGE_S - 1, 2 * PAGE_S].map(at)).toEqual([0, 0, 1, 1, 0]);
    expect(pageAt(1, 1_764_000_000_000)).toBe(0);
  });
});
