import { describe, expect, it, vi } from 'vitest';
import { Refused, Unreachable } from '../api/client';
import type { Vote } from '../api/types';
import { deliver, deliverAll, GIVEN_UP_MS, stuckOf, TOO_LONG } from './deliver';
import { ASIDE_MAX, ASIDE_MS, forgotten, HANGS_MS, KEPT_MAX, memoryBox, NO_ROOM, recent, sturdyBox, type VoteBox } from './kept';

const vote = (client_id: string): Vote => ({ client_id, token: `t-${client_id}`, level: 'satisfied', reasons: [], respondent: 'citizen' });
const ids = (votes: { client_id: string }[]) => votes.map((one) => one.client_id);
const at = (ms: number) => ({ own: () => ms, center: () => ms });
const refuses = (status: number, code = 'x') => async () => Promise.reject(new Refused(status, { code }));

/** A center that takes each token's vote once, as ours does; `away` cuts the line before or after it heard. */
function center() {
  const counted = new Map<string, string>();
  const it = {
    away: 'no' as 'no' | 'before' | 'after',
    counted,
    send: async (one: Vote) => {
      if (it.away === 'before') throw new Unreachable();
      const known = counted.get(one.token);
      if (known !== undefined && known !== one.client_id) throw new Refused(409, { code: 'rating.token_used' });
      counted.set(one.token, one.client_id);
      if (it.away === 'after') throw new Unreachable();
    },
  };
  return it;
}

describe('votes that wait for the center', () => {
  it('a_vote_that_did_not_arrive_is_kept_and_sent_again_with_the_same_identifier', async () => {
    const box = memoryBox();
    const sent: string[] = [];
    let away = true;
    const send = async (one: Vote) => {
      sent.push(one.client_id);
      if (away) throw new Unreachable();
    };
    await box.keep(vote('a'));
    expect(await deliver(box, send, vote('a'))).toEqual({ at: 'later', next: false, code: null });
    expect(ids(await box.all())).toEqual(['a']);
    away = false;
    expect(await deliverAll(box, send)).toEqual({ done: true, code: null });
    expect(sent).toEqual(['a', 'a']);
    expect(await box.all()).toEqual([]);
  });

  it('counts_once_whenever_the_line_is_cut_and_whoever_sends', async () => {
    const it = center();
    const box = memoryBox();
    await box.keep(vote('a'));
    await box.keep(vote('b'));
    for (const away of ['before', 'after', 'before', 'after'] as const) {
      it.away = away;
      expect((await deliverAll(box, it.send)).done).toBe(false);
    }
    it.away = 'no';
    // Two pages of one tablet, with the same database.
    await Promise.all([deliverAll(box, it.send), deliverAll(box, it.send)]);
    expect([...it.counted]).toEqual([['t-a', 'a'], ['t-b', 'b']]);
    expect([await box.all(), await box.aside()]).toEqual([[], []]);
  });

  it('a_center_that_is_busy_or_does_not_know_the_tablet_loses_no_vote', async () => {
    for (const status of [401, 403, 429, 500, 503]) {
      const box = memoryBox();
      await box.keep(vote('a'));
      await deliverAll(box, refuses(status));
      expect(ids(await box.all())).toEqual(['a']);
      expect(await box.aside()).toEqual([]);
    }
  });

  it('a_vote_that_the_center_refuses_for_good_is_put_aside_once_and_does_not_hold_up_the_next', async () => {
    const box = memoryBox();
    await box.keep(vote('a'));
    await box.keep(vote('b'));
    const taken: string[] = [];
    const send = async (one: Vote) => {
      if (one.client_id === 'a') throw new Refused(409, { code: 'rating.token_used' });
      taken.push(one.client_id);
    };
    const [came] = await Promise.all([deliverAll(box, send, at(7)), deliverAll(box, send, at(8))]);
    expect(came).toEqual({ done: true, code: 'rating.token_used' });
    expect(new Set(taken)).toEqual(new Set(['b']));
    expect(await box.all()).toEqual([]);
    expect(await box.aside()).toEqual([{ client_id: 'a', code: 'rating.token_used', at: 7 }]);
    // Nothing of what was said is left.
    expect(JSON.stringify(await box.aside())).not.toContain('satisfied');
  });

  it('a_vote_over_which_the_center_stumbles_holds_up_no_other_and_is_not_sent_for_ever', async () => {
    const box = memoryBox();
    const given = Date.parse('2026-11-23T02:00:00Z');
    await box.keep({ ...vote('a'), cast_at: new Date(given).toISOString() });
    await box.keep(vote('b'));
    const send = async (one: Vote) => {
      if (one.client_id === 'a') throw new Refused(500, { code: 'store.conflict' });
    };
    expect(await deliverAll(box, send, at(given + GIVEN_UP_MS))).toEqual({ done: false, code: 'store.conflict' });
    expect(ids(await box.all())).toEqual(['a']);
    // While the center's clock is not known, none is too old.
    await deliverAll(box, send, { own: () => given + 2 * GIVEN_UP_MS, center: () => NaN });
    expect(ids(await box.all())).toEqual(['a']);
    await deliverAll(box, send, at(given + GIVEN_UP_MS + 1));
    expect(await box.all()).toEqual([]);
    expect(await box.aside()).toEqual([{ client_id: 'a', code: TOO_LONG, at: given + GIVEN_UP_MS + 1 }]);
  });

  it('an_answer_that_is_not_our_centers_loses_no_vote', async () => {
    const box = memoryBox();
    await box.keep(vote('a'));
    // What a sign-in page of somebody else's network answers has no code.
    await deliverAll(box, async () => Promise.reject(new Refused(404, {})));
    expect([ids(await box.all()), await box.aside()]).toEqual([['a'], []]);
  });

  it('a_tablet_that_stays_withdrawn_gives_up_what_the_center_would_not_take_any_more', async () => {
    const box = memoryBox();
    await box.keep({ ...vote('a'), cast_at: new Date(0).toISOString() });
    await deliverAll(box, refuses(401), at(GIVEN_UP_MS));
    expect(ids(await box.all())).toEqual(['a']);
    await deliverAll(box, refuses(401), at(GIVEN_UP_MS + 1));
    expect((await box.aside()).map(({ code }) => code)).toEqual([TOO_LONG]);
  });

  it('the_box_is_bounded_keeps_the_newest_and_says_what_had_no_room', async () => {
    const box = memoryBox();
    for (let n = 0; n < KEPT_MAX + 3; n += 1) await box.keep(vote(String(n)));
    const all = ids(await box.all());
    expect(all.length).toBe(KEPT_MAX);
    expect(all[0]).toBe('3');
    expect((await box.aside()).map(({ client_id, code }) => [client_id, code])).toEqual([['0', NO_ROOM], ['1', NO_ROOM], ['2', NO_ROOM]]);
  });

  it('what_was_put_aside_is_remembered_for_a_week_and_up_to_a_bound', () => {
    const one = (n: number, at: number) => ({ client_id: String(n), code: 'x', at });
    expect(forgotten([one(1, 0), one(2, 1)], ASIDE_MS)).toEqual([]);
    expect(ids(forgotten([one(1, 0), one(2, 1)], ASIDE_MS + 1))).toEqual(['1']);
    const many = Array.from({ length: ASIDE_MAX + 2 }, (_, n) => one(n, n));
    expect(ids(forgotten(many, ASIDE_MAX))).toEqual(['1', '0']);
  });
});

it('what_was_put_aside_is_said_for_a_week_also_when_nothing_follows', () => {
  const all = [{ client_id: 'a', code: 'x', at: 0 }, { client_id: 'b', code: 'x', at: 1 }];
  expect(recent(all, ASIDE_MS)).toEqual(all);
  expect(ids(recent(all, ASIDE_MS + 1))).toEqual(['b']);
});

it('the_center_is_told_only_of_votes_that_it_did_not_take_although_it_answered', () => {
  const cut = { done: false, code: null };
  // The line is away, comes back, and all is brought.
  expect([stuckOf(0, 3, null), stuckOf(0, 3, cut), stuckOf(0, 0, { done: true, code: null })]).toEqual([0, 0, 0]);
  expect(stuckOf(0, 3, { done: false, code: 'store.conflict' })).toBe(3);
  // It stays so until a round has brought them; one that came meanwhile is not told with them.
  expect([stuckOf(3, 4, null), stuckOf(3, 4, cut), stuckOf(3, 2, cut)]).toEqual([3, 3, 2]);
  expect(stuckOf(3, 1, { done: true, code: null })).toBe(0);
});

describe('a box whose database breaks', () => {
  const failing = (base: VoteBox) => {
    let broken = false;
    const orFail = async <T,>(work: () => Promise<T>) => (broken ? Promise.reject(new Error('disk')) : work());
    const box: VoteBox = {
      lasting: true,
      keep: (one) => orFail(() => base.keep(one)),
      all: () => orFail(() => base.all()),
      drop: (id) => orFail(() => base.drop(id)),
      setAside: (id, code, at) => orFail(() => base.setAside(id, code, at)),
      aside: () => orFail(() => base.aside()),
    };
    return { box: sturdyBox(box), breaks: (now: boolean) => (broken = now) };
  };

  it('stops_no_citizen_loses_nothing_of_what_lies_there_and_says_so', async () => {
    const { box, breaks } = failing(memoryBox());
    await box.keep(vote('a'));
    expect(box.lasting).toBe(true);
    breaks(true);
    await box.keep(vote('b'));
    expect(box.lasting).toBe(false);
    expect(ids(await box.all())).toEqual(['b']);
    breaks(false);
    expect(ids(await box.all())).toEqual(['a', 'b']);
    const it = center();
    expect((await deliverAll(box, it.send)).done).toBe(true);
    expect([it.counted.size, await box.all()]).toEqual([2, []]);
  });

  it('does_not_send_for_ever_what_was_taken_while_nothing_can_be_written', async () => {
    const base = memoryBox();
    const box = sturdyBox({ ...base, lasting: true, drop: () => Promise.reject(new Error('disk')) });
    await box.keep(vote('a'));
    let sent = 0;
    const send = async () => {
      sent += 1;
    };
    for (let round = 0; round < 3; round += 1) await deliverAll(box, send);
    expect([sent, await box.all(), box.lasting]).toEqual([1, [], false]);
    expect(ids(await base.all())).toEqual(['a']);
  });

  it('stops_no_citizen_when_it_says_neither_yes_nor_no', async () => {
    vi.useFakeTimers();
    try {
      const base = memoryBox();
      let ends = () => {};
      const hangs: VoteBox = {
        ...base,
        lasting: true,
        keep: (one) => new Promise<void>((done) => (ends = () => void base.keep(one).then(done))),
      };
      const box = sturdyBox(hangs);
      const kept = box.keep(vote('a'));
      await vi.advanceTimersByTimeAsync(HANGS_MS);
      await kept;
      expect([ids(await box.all()), box.lasting]).toEqual([['a'], false]);
      // It did keep it in the end: there is one vote, not two.
      ends();
      await vi.advanceTimersByTimeAsync(0);
      expect(ids(await base.all())).toEqual(['a']);
      expect(ids(await box.all())).toEqual(['a']);
      await box.drop('a');
      expect(await box.all()).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('does_not_send_for_ever_what_was_refused_while_nothing_can_be_written', async () => {
    const base = memoryBox();
    const stuck: VoteBox = { ...base, lasting: true, setAside: () => Promise.reject(new Error('disk')) };
    const box = sturdyBox(stuck);
    await box.keep(vote('a'));
    let asked = 0;
    const send = async () => {
      asked += 1;
      throw new Refused(404, { code: 'rating.unknown_token' });
    };
    for (let round = 0; round < 3; round += 1) await deliverAll(box, send);
    expect(asked).toBe(1);
  });
});
