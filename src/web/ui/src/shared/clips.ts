/**
 * The center's recorded clips in a page: a sentence's clips become one sound, in the hall and at the kiosk.
 */

/** Silence between two clips, as on the center's own loudspeaker. */
const GAP_MS = 40;
/** Clips that are kept; there are fewer names. When it is full, all are asked for again. */
const KEPT_MAX = 100;
const TIMEOUT_MS = 10_000;
/** No sentence takes so long: a player that never ends does not silence what comes after it. */
const SOUND_MAX_MS = 30_000;

/** Plays clips to their end, or until the signal cuts them short; fails with `Blocked` when the browser wants a touch first. */
export type Play = (clips: readonly string[], until?: AbortSignal) => Promise<void>;

export class Blocked extends Error {}

export interface Clips {
  play: Play;
  /** Fetches clips that may have to be played when the center does not answer. Fails where one does not come. */
  keep: (clips: readonly string[]) => Promise<void>;
}

/** Fetches clips, keeps them, and plays them as one sound. */
export function clipPlayer(token: string): Clips {
  const kept = new Map<string, ArrayBuffer>();
  const clip = async (address: string): Promise<ArrayBuffer> => {
    const known = kept.get(address);
    if (known) return known;
    const response = await fetch(`/api/v1/voice/${address}`, {
      headers: { Authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`clip ${address}: ${response.status}`);
    const wav = await response.arrayBuffer();
    if (kept.size >= KEPT_MAX) kept.clear();
    kept.set(address, wav);
    return wav;
  };
  const all = (clips: readonly string[]) => Promise.all(clips.map(clip));
  return {
    play: async (clips, until) => played(joined(await all(clips)), until),
    keep: async (clips) => void (await all(clips)),
  };
}

const SILENCE_RATE = 22_050;
const SILENCE_SAMPLES = 100;
/** A sound that nobody hears: fails with `Blocked` where the browser wants a touch first. */
export const silence = (): Promise<void> => played(soundless(SILENCE_RATE, SILENCE_SAMPLES * BYTES_A_SAMPLE));

async function played(sound: ArrayBuffer, until?: AbortSignal): Promise<void> {
  if (until?.aborted) return;
  const address = URL.createObjectURL(new Blob([sound], { type: 'audio/wav' }));
  try {
    await toItsEnd(new Audio(address), until);
  } finally {
    URL.revokeObjectURL(address);
  }
}

async function toItsEnd(audio: HTMLAudioElement, until?: AbortSignal): Promise<void> {
  let bound: ReturnType<typeof setTimeout> | undefined;
  const ended = new Promise<void>((done) => {
    audio.onended = () => done();
    audio.onerror = () => done();
    bound = setTimeout(done, SOUND_MAX_MS);
    until?.addEventListener('abort', () => done(), { once: true });
  });
  try {
    await Promise.race([audio.play().then(() => ended), ended]);
  } catch (problem) {
    throw problem instanceof DOMException && problem.name === 'NotAllowedError' ? new Blocked() : problem;
  } finally {
    audio.pause();
    clearTimeout(bound);
  }
}

const HEADER_BYTES = 44;
const BYTES_A_SAMPLE = 2;
const tag = (text: string) => [...text].reduce((sum, sign) => sum * 256 + sign.charCodeAt(0), 0);
const [RIFF, WAVE, FORMAT, DATA] = ['RIFF', 'WAVE', 'fmt ', 'data'].map(tag) as [number, number, number, number];

/** WAV files of one format (mono, 16 bit; the center takes no other) as one, a short silence behind each. */
export function joined(wavs: readonly ArrayBuffer[]): ArrayBuffer {
  const [first] = wavs;
  if (!first) throw new Error('no clip');
  const format = chunk(first, FORMAT);
  const rate = new DataView(first).getUint32(format.byteOffset + 4, true);
  const gap = Math.round((rate * GAP_MS) / 1000) * BYTES_A_SAMPLE;
  const sounds = wavs.map((wav) => chunk(wav, DATA));
  const length = sounds.reduce((sum, sound) => sum + sound.length + gap, 0);

  const whole = soundless(rate, length);
  const samples = new Uint8Array(whole, HEADER_BYTES);
  let at = 0;
  for (const sound of sounds) {
    samples.set(sound, at);
    at += sound.length + gap;
  }
  return whole;
}

/** A WAV file (mono, 16 bit) with so many bytes of silence. */
function soundless(rate: number, length: number): ArrayBuffer {
  const whole = new ArrayBuffer(HEADER_BYTES + length);
  const head = new DataView(whole);
  head.setUint32(0, RIFF);
  head.setUint32(4, HEADER_BYTES - 8 + length, true);
  head.setUint32(8, WAVE);
  head.setUint32(12, FORMAT);
  head.setUint32(16, 16, true);
  head.setUint16(20, 1, true); // PCM
  head.setUint16(22, 1, true); // mono
  head.setUint32(24, rate, true);
  head.setUint32(28, rate * BYTES_A_SAMPLE, true);
  head.setUint16(32, BYTES_A_SAMPLE, true);
  head.setUint16(34, BYTES_A_SAMPLE * 8, true);
  head.setUint32(36, DATA);
  head.setUint32(40, length, true);
  return whole;
}

/** The content of a chunk. Recording programs put chunks of their own between the two that matter. */
function chunk(wav: ArrayBuffer, wanted: number): Uint8Array {
  const view = new DataView(wav);
  for (let at = 12; at + 8 <= wav.byteLength; ) {
    const length = view.getUint32(at + 4, true);
    if (view.getUint32(at) === wanted) return new Uint8Array(wav, at + 8, Math.min(length, wav.byteLength - at - 8));
    at += 8 + length + (length % 2);
  }
  throw new Error('a clip without sound');
}
