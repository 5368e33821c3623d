/**
 * A text that a stranger typed, made fit to stand among ours: composed, without the marks that turn the
 * direction of what stands beside them (U+061C, U+200E-F, U+202A-E, U+2066-9), without control
 * characters but the line's end, and without halves of characters, with which the center cannot read it. Markup in it is text already, because React writes it as text.
 */
export function harmless(text: string): string {
  return text
    .normalize('NFC')
    .replace(/\p{Surrogate}/gu, '')
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, ' ')
    .trim();
}
