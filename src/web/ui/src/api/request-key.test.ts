import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { requestKey } from './client';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a_later_request_has_a_key_that_sorts_after_the_earlier_ones', () => {
  const keys: string[] = [];
  for (const time of ['2026-11-30T01:00:00.000Z', '2026-11-30T01:00:00.001Z', '2027-01-01T00:00:00Z']) {
    vi.setSystemTime(new Date(time));
    keys.push(requestKey());
  }
  expect([...keys].reverse().sort()).toEqual(keys);
});

test('keys_of_one_moment_differ_and_have_32_digits', () => {
  vi.setSystemTime(new Date('2026-11-30T01:00:00Z'));
  const keys = new Set(Array.from({ length: 100 }, requestKey));
  expect(keys.size).toBe(100);
  expect([...keys].every((key) => /^[0-9a-f]{32}$/.test(key))).toBe(true);
});
