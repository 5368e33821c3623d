import { describe, expect, it } from 'vitest';
import type { Service } from '../api/types';
import { whyClosed } from './Steps';

const closed = { code: 'queue.not_served_today', sentence: 'Không kịp', sentence_en: 'Too late' };
const service: Service = {
  code: 'ho-tich',
  name_vi: 'Hộ tịch',
  name_en: 'Civil status',
  series: 'A',
  waiting_regular: 16,
  waiting_priority: 0,
  promise_regular_min: 45,
  promise_priority_min: 15,
};

describe('a service at the kiosk', () => {
  it('is_closed_only_when_it_gives_no_number_in_either_class', () => {
    expect(whyClosed(service)).toBeNull();
    expect(whyClosed({ ...service, closed, priority_closed: null })).toBeNull();
    expect(whyClosed({ ...service, closed, priority_closed: closed })).toEqual(closed);
  });

  it('is_closed_for_all_where_the_center_says_nothing_of_priority', () => {
    expect(whyClosed({ ...service, closed })).toEqual(closed);
  });
});
