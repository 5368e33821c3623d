import { afterEach, describe, expect, it, vi } from 'vitest';
import { clipPlayer, joined } from './clips';

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

describe('kept clips', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('are_fetched_once_with_the_token_and_one_that_does_not_come_is_told', async () => {
    const asked: string[] = [];
    vi.stubGlobal('fetch', async (address: string, how: RequestInit) => {
      asked.push(`${address} ${new Headers(how.headers).get('Authorization')}`);
      return address.endsWith('gone/1') ? new Response(null, { status: 404 }) : new Response(wav([1]));
    });
    const { keep } = clipPlayer('secret');
    await keep(['kiosk-away/1', 'kiosk-ask/1']);
    await keep(['kiosk-ask/1']);
    expect(asked).toEqual(['/api/v1/voice/kiosk-away/1 Bearer secret', '/api/v1/voice/kiosk-ask/1 Bearer secret']);
    await expect(keep(['gone/1'])).rejects.toThrow('404');
  });
});
