import { describe, expect, it } from 'vitest';
import type { Hall, HallCounter } from '../api/types';
import { lastCall, named, SERVICES_SHOWN, shown } from './shown';

const AT = '2026-11-23T03:00:00Z';
const LATER = '2026-11-23T03:00:40Z';
const counter: HallCounter = { number: 2, name: 'Đất đai', state: 'open', label: 'B012', serving: false, pause_reason: null, services: ['dat-dai'] };
const hall: Hall = { unit_name: 'Cao Xanh', now: null, next: [], counters: [counter], calls: [{ label: 'B012', counter: 2, kind: 'call', at: AT }] };

describe('the screen of a counter', () => {
  it('invites_a_called_number_and_shows_a_served_one_as_served', () => {
    expect(shown(counter)).toEqual({ what: 'calling', label: 'B012' });
    expect(shown({ ...counter, serving: true })).toEqual({ what: 'serving', label: 'B012' });
  });

  it('says_why_it_pauses_and_that_it_is_closed', () => {
    const empty = { ...counter, label: null };
    expect(shown(empty)).toEqual({ what: 'free' });
    expect(shown({ ...empty, state: 'paused', pause_reason: 'meeting' })).toEqual({ what: 'paused', reason: 'meeting' });
    // A center of an older release gives no reason.
    expect(shown({ number: 2, name: '', state: 'paused' })).toEqual({ what: 'paused', reason: null });
    expect(shown({ ...counter, state: 'closed' })).toEqual({ what: 'closed' });
  });

  it('flashes_at_a_call_and_at_a_recall_and_not_when_others_push_the_call_off_the_list', () => {
    const first = lastCall(hall, counter, null);
    expect(first).toEqual({ label: 'B012', at: AT });
    const again: Hall = { ...hall, calls: [{ label: 'B012', counter: 2, kind: 'recall', at: LATER }, ...hall.calls] };
    const second = lastCall(again, counter, first);
    expect(second).toEqual({ label: 'B012', at: LATER });
    const others: Hall = { ...hall, calls: [{ label: 'A001', counter: 1, kind: 'call', at: LATER }] };
    expect(lastCall(others, counter, second)).toBe(second);
    expect(lastCall(others, { ...counter, label: null }, second)).toBeNull();
    // The same label at another counter is not this one's call.
    expect(lastCall({ ...hall, calls: [{ label: 'B012', counter: 9, kind: 'call', at: AT }] }, counter, null)).toEqual({ label: 'B012', at: '' });
  });

  it('names_its_service_groups_as_far_as_there_is_room', () => {
    const groups = Array.from({ length: SERVICES_SHOWN + 3 }, (_, n) => ({ code: `s-${n}` }));
    const all = { ...counter, services: groups.map((one) => one.code) };
    expect(named(all, groups)).toEqual({ listed: groups.slice(0, SERVICES_SHOWN), more: 3 });
    expect(named({ ...counter, services: ['s-1'] }, groups)).toEqual({ listed: [{ code: 's-1' }], more: 0 });
    expect(named({ number: 2, name: '', state: 'open' }, groups)).toEqual({ listed: [], more: 0 });
  });
});
