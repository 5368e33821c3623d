import { describe, expect, it } from 'vitest';
import type { Issued } from '../api/types';
import { Reader, said, UNANSWERED, type Said, type Standing } from './speech';
import type { Issue } from './useIssue';

const calm: Standing = { issue: { at: 'none' }, away: false, closed: false, step: 'services' };
const issued = (slip: 'printing' | 'printed' | 'failed'): Issue => ({
  at: 'issued',
  slip,
  job: null,
  takenAt: 0,
  issued: { ticket: { label: 'A012' } } as Issued,
});
const START: Said = { step: 'start', label: null };
const SERVICES: Said = { step: 'services', label: null };

const nothing = () => Promise.resolve();

/** A player whose sounds end when they are told to, or when they are cut short. */
function player() {
  const heard: string[] = [];
  const ends: (() => void)[] = [];
  return {
    heard,
    end: () => ends.shift()?.(),
    play: (clips: readonly string[], until?: AbortSignal) => {
      heard.push(...clips);
      return new Promise<void>((done) => {
        ends.push(done);
        until?.addEventListener('abort', () => done());
      });
    },
  };
}

describe('the help aloud', () => {
  it('says_what_the_page_shows', () => {
    expect(said(calm)).toEqual(SERVICES);
    expect(said({ ...calm, step: 'search' })).toEqual({ step: 'search', label: null });
    expect(said({ ...calm, closed: true })).toEqual({ step: 'closed', label: null });
    expect(said({ ...calm, closed: true, step: 'code' })).toEqual({ step: 'code', label: null });
    expect(said({ ...calm, away: true, closed: true })).toEqual({ step: 'away', label: null });
    expect(said({ ...calm, issue: { at: 'refused', problem: null } })).toEqual({ step: 'refused', label: null });
  });

  it('says_the_number_and_whether_there_is_a_slip', () => {
    expect(said({ ...calm, issue: issued('printing') })).toEqual({ step: 'number', label: 'A012' });
    // Out of the printer is no other step: the number is not said twice.
    expect(said({ ...calm, issue: issued('printed') })).toEqual({ step: 'number', label: 'A012' });
    expect(said({ ...calm, away: true, issue: issued('failed') })).toEqual({ step: 'number_without_slip', label: 'A012' });
    expect(said({ ...calm, issue: { at: 'given_back', label: 'A012', slip: 'failed' } })).toBeNull();
  });

  it('the_next_step_cuts_the_one_before_short', async () => {
    const { play, heard, end } = player();
    const reader = new Reader(async (what) => [what.step], play, nothing);
    const first = reader.read(START);
    await Promise.resolve();
    await Promise.resolve();
    const second = reader.read(SERVICES);
    expect(await first).toBe('cut');
    expect(heard).toEqual(['start', 'services']);
    end();
    end();
    expect(await second).toBe('said');
  });

  it('a_step_that_was_left_before_its_clips_came_is_not_heard', async () => {
    const { play, heard } = player();
    let answer: ((clips: string[]) => void) | undefined;
    const reader = new Reader(() => new Promise((done) => (answer = done)), play, nothing);
    const reading = reader.read(START);
    reader.hush();
    answer?.(['start']);
    expect(await reading).toBe('cut');
    expect(heard).toEqual([]);
  });

  it('without_clips_or_without_an_answer_there_is_nothing_to_be_heard', async () => {
    const { play, heard } = player();
    expect(await new Reader(async () => [], play, nothing).read(START)).toBe('missing');
    expect(await new Reader(() => Promise.reject(new Error('away')), play, nothing).read(START)).toBe('missing');
    expect(heard).toEqual([]);
    expect(await new Reader(async () => ['a'], () => Promise.reject(new Error('no sound')), nothing).read(START)).toBe('missing');
  });

  it('what_is_said_without_the_center_is_fetched_while_it_answers', async () => {
    const { play, heard, end } = player();
    const kept: string[] = [];
    let answers = true;
    const ask = async (what: Said) => {
      if (!answers) throw new Error('away');
      return [`${what.step}/1`];
    };
    const reader = new Reader(ask, play, async (clips) => void kept.push(...clips));
    await reader.prepare();
    expect(kept).toEqual(UNANSWERED.map((step) => `${step}/1`));
    answers = false;
    const reading = reader.read({ step: 'away', label: null });
    end();
    expect(await reading).toBe('said');
    expect(heard).toEqual(['away/1']);
    expect(await reader.read(SERVICES)).toBe('missing');
  });

  it('what_could_not_be_fetched_is_asked_for_when_it_is_due', async () => {
    const { play, heard, end } = player();
    const reader = new Reader(async (what) => [what.step], play, () => Promise.reject(new Error('no clip')));
    await reader.prepare();
    const reading = reader.read({ step: 'away', label: null });
    await Promise.resolve();
    await Promise.resolve();
    end();
    expect(await reading).toBe('said');
    expect(heard).toEqual(['away']);
  });
});
