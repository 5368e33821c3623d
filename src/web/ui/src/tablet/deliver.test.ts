import { describe, expect, it } from 'vitest';
import { Refused, Unreachable } from '../api/client';
import type { Vote } from '../api/types';
import { deliver, deliverAll } from './deliver';
import { KEPT_MAX, memoryBox } from './kept';

const vote = (client_id: string): Vote => ({ client_id, token: `t-${client_id}`, level: 'satisfied', reasons: [], respondent: 'citizen' });
const ids = (votes: Vote[]) => votes.map((one) => one.client_id);

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
    expect(await deliver(box, send, vote('a'))).toEqual({ at: 'later' });
    expect(ids(await box.all())).toEqual(['a']);
    away = false;
    await deliverAll(box, send);
    expect(sent).toEqual(['a', 'a']);
    expect(await box.all()).toEqual([]);
  });

  it('a_center_that_is_busy_or_does_not_know_the_tablet_loses_no_vote', async () => {
    for (const status of [401, 403, 429, 500, 503]) {
      const box = memoryBox();
      await box.keep(vote('a'));
      await deliverAll(box, async () => Promise.reject(new Refused(status, { code: 'x' })));
      expect(ids(await box.all())).toEqual(['a']);
    }
  });

  it('a_vote_that_the_center_refuses_for_good_does_not_hold_up_the_next', async () => {
    const box = memoryBox();
    await box.keep(vote('a'));
    await box.keep(vote('b'));
    const taken: string[] = [];
    await deliverAll(box, async (one) => {
      if (one.client_id === 'a') throw new Refused(409, { code: 'rating.token_used' });
      taken.push(one.client_id);
    });
    expect(taken).toEqual(['b']);
    expect(await box.all()).toEqual([]);
  });

  it('the_box_is_bounded_and_keeps_the_newest', async () => {
    const box = memoryBox();
    for (let n = 0; n < KEPT_MAX + 3; n += 1) await box.keep(vote(String(n)));
    const all = ids(await box.all());
    expect(all.length).toBe(KEPT_MAX);
    expect(all[0]).toBe('3');
  });
});
