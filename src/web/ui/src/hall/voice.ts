/**
 * The voice of the hall's page: one call is heard after the other, each once, and a browser that wants a
 * touch before it makes a sound is noticed.
 */
import type { HallNow } from '../api/types';
import { Blocked, silence, type Play } from '../shared/clips';

/** A call that began longer ago is not said: the page was opened, or came back, in its middle. */
export const FRESH_MS = 5_000;

export class Voice {
  private taken = '';
  private next: readonly string[] | null = null;
  private speaking = false;
  private isBlocked = false;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly play: Play) {}

  /** The large line of this moment; the same one may come again and again. */
  hear(now: HallNow, atMs: number): void {
    const call = `${now.label} ${now.counter} ${now.since}`;
    if (call === this.taken) return;
    this.taken = call;
    if (now.voice.length === 0 || Math.abs(atMs - Date.parse(now.since)) > FRESH_MS) return;
    // The center keeps the pace. Should this page fall behind, only the newest call waits.
    this.next = now.voice;
    void this.speak();
  }

  /**
   * Asks at the opening, by a sound that nobody hears, whether the browser lets the page speak: whoever
   * set up the screen reads that it does not while still in front of it, and no call is missed.
   */
  async ask(quiet: () => Promise<void> = silence): Promise<void> {
    try {
      await quiet();
    } catch (problem) {
      if (problem instanceof Blocked) this.setBlocked(true);
    }
  }

  /** Somebody touched the page: from now on the browser lets it speak. */
  touched(): void {
    this.setBlocked(false);
  }

  readonly blocked = (): boolean => this.isBlocked;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private async speak(): Promise<void> {
    if (this.speaking) return;
    this.speaking = true;
    while (this.next) {
      const clips = this.next;
      this.next = null;
      try {
        await this.play(clips);
        this.setBlocked(false);
      } catch (problem) {
        // A clip that does not come or does not play: the call stands on the screen all the same.
        if (problem instanceof Blocked) this.setBlocked(true);
      }
    }
    this.speaking = false;
  }

  private setBlocked(blocked: boolean): void {
    if (blocked === this.isBlocked) return;
    this.isBlocked = blocked;
    for (const listener of this.listeners) listener();
  }
}
