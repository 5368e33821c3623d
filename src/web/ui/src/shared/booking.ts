/** Codes of bookings as they are typed, scanned and shown. The rules are the server's; here only letters are put in order. */

export const BOOKING_CODE_LENGTH = 10;
const HYPHEN_AFTER = 5;

/** What of a text can be a code: of an address its last part, `O` as `0`, `I` and `L` as `1`. */
export function bookingLetters(text: string): string {
  const last = text.split(/[/=#]/).at(-1) ?? '';
  return last
    .toUpperCase()
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1')
    .replace(/[^0-9A-HJKMNP-TV-Z]/g, '')
    .slice(0, BOOKING_CODE_LENGTH);
}

/** `K7Q2M-4XDPA`, also while it is typed. */
export const bookingShown = (code: string) =>
  code.length > HYPHEN_AFTER ? `${code.slice(0, HYPHEN_AFTER)}-${code.slice(HYPHEN_AFTER)}` : code;
