/** The code on a ticket's paper, as a reader types it key by key. No React in here. */

/** A ticket's code: `T1`, then 42 letters of base 32, which has no `1`: it begins in one place only. */
const TICKET_CODE = /T1[A-Z2-7]{42}$/;
/** An address may stand before it; of more than that nothing is remembered. */
const KEYS_MAX = 200;

/** What was typed last, wherever on the page. */
export class ScannedKeys {
  private typed = '';
  private read = false;

  /** Whether a key only ends what a reader typed: Enter right behind a code. Asked before it is taken. */
  ends(key: string): boolean {
    return this.read && key === 'Enter';
  }

  /** Takes a key as the browser names it; gives the code once its last letter has come. */
  press(key: string): string | null {
    this.read = false;
    if (key.length !== 1) {
      // Shift and the like belong to the letters; anything else begins anew.
      if (key !== 'Shift' && key !== 'CapsLock') this.typed = '';
      return null;
    }
    this.typed = (this.typed + key.toUpperCase()).slice(-KEYS_MAX);
    const code = TICKET_CODE.exec(this.typed)?.[0] ?? null;
    this.read = code !== null;
    if (code) this.typed = '';
    return code;
  }
}
