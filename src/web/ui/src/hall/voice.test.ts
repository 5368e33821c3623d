import { describe, expect, it } from 'vitest';
import type { HallNow } from '../api/types';
import { Blocked, FRESH_MS, joined, Voice, type Play } from './voice';

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

/** A WAV file of 1,000 samples a second, with a chunk of a recording program in its middle. */
function wav(samples: number[]): ArrayBuffer {
  const text = (words: string) => [...words].map((sign) => sign.charCodeAt(0));
  const u32 = (value: number) => [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24];
  const u16 = (value: number) => [value & 255, (value >> 8) & 255];
  const sound = samples.flatMap(u16);
  const format = [...text('fmt '), ...u32(16), ...u16(1), ...u16(1), ...u32(1_000), ...u32(2_000), ...u16(2), ...u16(16)];
  const note = [...text('LIST'), ...u32(3), 1, 2, 3, 0];
  const body = [...text('WAVE'), ...format, ...note, ...text('data'), ...u32(sound.length), ...sound];
  return new Uint8Array([...text('RIFF'), ...u32(body.length), ...body]).buffer;
}

describe('joined clips', () => {
  it('are_one_file_with_a_short_silence_behind_each', () => {
    const whole = joined([wav([1, 2]), wav([3])]);
    const samples = [...new Int16Array(whole.slice(44))];
    expect(samples.filter((sample) => sample !== 0)).toEqual([1, 2, 3]);
    expect(samples).toHaveLength(2 + 40 + 1 + 40);
    expect(samples[42]).toBe(3);
    const head = new DataView(whole);
    expect(head.getUint32(4, true)).toBe(whole.byteLength - 8);
    expect(head.getUint32(24, true)).toBe(1_000);
    expect(head.getUint32(40, true)).toBe(samples.length * 2);
  });

  it('are_none_without_sound', () => {
    expect(() => joined([])).toThrow();
    expect(() => joined([new Uint8Array(64).buffer])).toThrow();
  });
});
