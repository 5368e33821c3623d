import { describe, expect, it } from 'vitest';
import type { Hall, HallNow } from '../api/types';
import { besides, large } from './large';

const at = '2026-11-23T03:00:00Z';
const hall: Hall = {
  unit_name: 'Phường Cao Xanh',
  calls: [
    { label: 'A002', counter: 2, kind: 'call', at },
    { label: 'A001', counter: 1, kind: 'call', at },
  ],
  now: null,
  counters: [
    { number: 1, name: 'Một', state: 'open', label: 'A001' },
    { number: 2, name: 'Hai', state: 'open', label: 'A002' },
  ],
  next: [],
};

describe('the large line', () => {
  it('is_the_call_of_this_moment_whatever_was_called_after_it', () => {
    expect(large({ ...hall, now: { label: 'A001', counter: 1, since: at, voice: [] } })).toMatchObject({ label: 'A001', counter: 1 });
  });

  it('keeps_the_last_call_while_its_number_is_at_the_counter', () => {
    expect(large(hall)).toMatchObject({ label: 'A002', counter: 2 });
  });

  it('does_not_invite_a_number_that_has_gone', () => {
    const gone = hall.counters.map((counter) => (counter.number === 2 ? { ...counter, label: null } : counter));
    expect(large({ ...hall, counters: gone })).toMatchObject({ label: 'A001' });
    expect(large({ ...hall, counters: [] })).toBeNull();
  });

  it('says_what_the_voice_says_besides_number_and_counter', () => {
    const now: HallNow = { label: 'A001', counter: 1, since: at, voice: [] };
    expect(besides({ ...now, way: 'moves_on', result: true })).toEqual(['movesOn', 'forResult']);
    expect(besides({ ...now, way: 'comes_back', result: false })).toEqual(['comesBack']);
    expect(besides({ ...now, way: 'comes' })).toEqual([]);
    // A center of an older release says nothing of it.
    expect(besides(now)).toEqual([]);
    expect(besides(null)).toEqual([]);
  });
});
