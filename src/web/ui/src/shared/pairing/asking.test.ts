import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Refused, Unreachable } from '../../api/client';
import type { PairingAnswer } from '../../api/types';
import { EVERY_MS, inHalves, PairingAsker, typedCode } from './asking';

function memory() {
  const all = new Map<string, string>();
  return {
    all,
    getItem: (name: string) => all.get(name) ?? null,
    setItem: (name: string, value: string) => void all.set(name, value),
    removeItem: (name: string) => void all.delete(name),
  };
}

const waiting: PairingAnswer = { state: 'waiting', expires_in_s: 500 };

function asker(answers: (PairingAnswer | Error)[], storage = memory()) {
  let opened = 0;
  const paired = vi.fn();
  const claims: string[] = [];
  const one = new PairingAsker({
    role: 'tablet',
    open: () => Promise.resolve({ code: `CODE0${++opened}`, claim: `claim-${opened}`, expires_in_s: 600 }),
    claim: (claim) => {
      claims.push(claim);
      const next = answers.shift() ?? waiting;
      return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
    },
    paired,
    storage,
    now: () => 0,
  });
  return { one, paired, claims, storage };
}

const turns = (count: number) => vi.advanceTimersByTimeAsync(count * EVERY_MS);

describe('a page that asks to be let in', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('shows_its_code_and_takes_its_token_when_somebody_said_yes', async () => {
    const { one, paired, storage } = asker([waiting, { state: 'approved', expires_in_s: 400, token: 'secret', counter: 3 }]);
    one.start();
    await turns(0);
    expect(one.current()).toEqual({ at: 'shown', code: 'CODE01', untilMs: 600_000 });
    await turns(1);
    expect(paired).not.toHaveBeenCalled();
    await turns(1);
    expect(paired).toHaveBeenCalledExactlyOnceWith('secret', 3);
    expect(one.current()).toEqual({ at: 'paired' });
    expect([...storage.all.keys()], 'the claim has done its work').toEqual([]);
    await turns(20);
    expect(paired).toHaveBeenCalledOnce();
  });

  it('goes_on_with_the_same_code_when_it_is_loaded_anew', async () => {
    const storage = memory();
    const first = asker([], storage);
    first.one.start();
    await turns(0);
    first.one.stop();
    const second = asker([], storage);
    second.one.start();
    await turns(0);
    expect(second.claims).toEqual(['claim-1']);
    expect(second.one.current()).toMatchObject({ at: 'shown', code: 'CODE01' });
    second.one.stop();
  });

  it('asks_for_another_code_when_the_time_of_the_first_is_over', async () => {
    const { one } = asker([new Refused(404, { code: 'pairing.unknown_claim' })]);
    one.start();
    await turns(2);
    expect(one.current()).toMatchObject({ at: 'shown', code: 'CODE02' });
    one.stop();
  });

  it('after_a_no_asks_only_when_somebody_at_the_device_wants_it', async () => {
    const { one, paired } = asker([{ state: 'refused', expires_in_s: 300 }]);
    one.start();
    await turns(50);
    expect(one.current()).toEqual({ at: 'refused' });
    one.again();
    await turns(0);
    expect(one.current()).toMatchObject({ at: 'shown', code: 'CODE02' });
    expect(paired).not.toHaveBeenCalled();
    one.stop();
  });

  it('says_that_the_center_is_away_or_holds_it_and_goes_on_by_itself', async () => {
    const held = new Refused(429, { code: 'pairing.too_fast', details: { wait_s: 20 } as never });
    const { one, claims } = asker([new Unreachable(), held, waiting]);
    one.start();
    await turns(1);
    expect(one.current()).toEqual({ at: 'away' });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(one.current()).toEqual({ at: 'held', problem: held });
    await vi.advanceTimersByTimeAsync(19_000);
    expect(claims).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(one.current()).toMatchObject({ at: 'shown', code: 'CODE01' });
    one.stop();
  });

  it('works_also_where_the_browser_keeps_nothing', async () => {
    const forbidden = () => {
      throw new Error('forbidden');
    };
    const { one, paired } = asker([{ state: 'approved', expires_in_s: 1, token: 'secret', counter: null }], {
      ...memory(),
      getItem: forbidden,
      setItem: forbidden,
      removeItem: forbidden,
    });
    one.start();
    await turns(1);
    expect(paired).toHaveBeenCalledExactlyOnceWith('secret', undefined);
  });
});

describe('a code', () => {
  it('is_shown_in_halves_and_read_as_people_type_it', () => {
    expect(inHalves('ACDE34')).toEqual(['ACD', 'E34']);
    expect(typedCode(' acd-e3 4\u202e')).toBe('ACDE34');
  });
});
