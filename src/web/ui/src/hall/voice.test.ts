import { describe, expect, it } from 'vitest';
import type { HallNow } from '../api/types';
import { Blocked, type Play } from '../shared/clips';
import { FRESH_MS, Voice } from './voice';

const begun = Date.parse('2026-11-23T03:00:00Z');
const call = (label: string, sinceMs = begun): HallNow => ({ label, counter: 1, since: new Date(sinceMs).toISOString(), voice: [`${label}/1`] });

/** A player that is told when a sound ends. */
function player(): { play: Play; heard: string[]; end: (how?: Error) => Promise<void> } {
  const heard: string[] = [];
  let finish: ((how?: Error) => void) | undefined;
  return {
    heard,
    play: (clips) => {
      heard.push(...clips);
      return new Promise((done, failed) => {
        finish = (how) => (how ? failed(how) : done());
      });
    },
    end: async (how) => {
      finish?.(how);
      for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    },
  };
}

describe('the voice of the hall', () => {
  it('says_one_call_after_the_other_and_each_once', async () => {
    const { play, heard, end } = player();
    const voice = new Voice(play);
    voice.hear(call('A001'), begun);
    voice.hear(call('A001'), begun + 1_000);
    voice.hear(call('A002', begun + 3_000), begun + 3_000);
    expect(heard).toEqual(['A001/1']);
    await end();
    expect(heard).toEqual(['A001/1', 'A002/1']);
  });

  it('says_a_recall_again', async () => {
    const { play, heard, end } = player();
    const voice = new Voice(play);
    voice.hear(call('A001'), begun);
    await end();
    voice.hear(call('A001', begun + 20_000), begun + 20_000);
    expect(heard).toEqual(['A001/1', 'A001/1']);
  });

  it('does_not_say_a_call_in_whose_middle_the_page_came', () => {
    const { play, heard } = player();
    const voice = new Voice(play);
    voice.hear(call('A001'), begun + FRESH_MS + 1);
    expect(heard).toEqual([]);
  });

  it('tells_when_the_browser_wants_a_touch_and_speaks_after_it', async () => {
    const { play, heard, end } = player();
    const voice = new Voice(play);
    const seen: boolean[] = [];
    voice.subscribe(() => seen.push(voice.blocked()));
    voice.hear(call('A001'), begun);
    await end(new Blocked());
    expect(seen).toEqual([true]);
    voice.touched();
    expect(seen).toEqual([true, false]);
    voice.hear(call('A002', begun + 3_000), begun + 3_000);
    expect(heard).toEqual(['A001/1', 'A002/1']);
  });

  it('tells_before_the_first_call_that_the_browser_wants_a_touch', async () => {
    const { play, heard } = player();
    const voice = new Voice(play);
    await voice.ask(() => Promise.resolve());
    await voice.ask(() => Promise.reject(new Error('no sound output')));
    expect(voice.blocked()).toBe(false);
    await voice.ask(() => Promise.reject(new Blocked()));
    expect(voice.blocked()).toBe(true);
    voice.touched();
    expect(voice.blocked()).toBe(false);
    expect(heard).toEqual([]);
  });

  it('goes_on_when_a_sound_cannot_be_played', async () => {
    const { play, heard, end } = player();
    const voice = new Voice(play);
    voice.hear(call('A001'), begun);
    await end(new Error('no such clip'));
    expect(voice.blocked()).toBe(false);
    voice.hear(call('A002', begun + 3_000), begun + 3_000);
    expect(heard).toEqual(['A001/1', 'A002/1']);
  });
});
