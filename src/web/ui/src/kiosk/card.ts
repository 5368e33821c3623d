/** What a reader types of a citizen card's QR code. The center judges it; here only what it looks like. No React in here. */

/** As much as the center takes. */
export const CARD_LENGTH_MAX = 1024;

/** Twelve digits and five further parts at least. A half-read line is none, so that the reader can be asked again. */
export function looksLikeCard(line: string): boolean {
  const parts = line.trim().split('|');
  return line.length <= CARD_LENGTH_MAX && parts.length >= 6 && /^\d{12}$/.test(parts[0] ?? '');
}

/** Whether a card is asked for at this kiosk: only one with a reader is opened with `?card=on`. */
export const hasCardReader = (search: string): boolean => new URLSearchParams(search).get('card') === 'on';

/** Whether what stands in a field of words begins as a card does: a reader has typed it there. It is no word to look for. */
export const beginsAsCard = (typed: string): boolean => /^\s*\d{12}/.test(typed);
