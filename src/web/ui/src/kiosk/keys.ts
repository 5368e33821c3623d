/**
 * The keyboard on the kiosk's screen. Letters without tones are enough: the center finds «sổ đỏ» for «so do».
 * No React in here.
 */

/** Rows as on every keyboard, so that who knows one finds the letters. */
export const ROWS: readonly (readonly string[])[] = ['qwertyuiop', 'asdfghjkl', 'zxcvbnm'].map((row) => [...row]);

/** As much as the center takes. */
export const TYPED_MAX = 60;

export type Key = { letter: string } | 'space' | 'back' | 'clear';

/** What stands in the field after a key. */
export function press(typed: string, key: Key): string {
  if (key === 'clear') return '';
  if (key === 'back') return [...typed].slice(0, -1).join('');
  // Neither a leading space nor two in a row: a finger that rests on the key changes nothing.
  if (key === 'space') return typed === '' || typed.endsWith(' ') ? typed : within(`${typed} `);
  return within(typed + key.letter);
}

/** Cut to what the center takes; letters with their tones in one sign each, as the center counts. */
export function within(typed: string): string {
  return [...typed.normalize('NFC')].slice(0, TYPED_MAX).join('');
}
