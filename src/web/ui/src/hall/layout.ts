/**
 * How the counters stand on the hall's screen: columns, rows, pages and the size of their numbers, from how
 * many counters there are. All in hundredths of the screen's height at 16:9 (at 1080p one is 10.8 pixels);
 * the style scales them down on a screen that is narrower. No React in here.
 */

/** Of a screen at 1080p. */
const PX_OF_UNIT = 10.8;
/** Height of a capital letter or a digit, of its size: Be Vietnam Pro. */
const CAPITAL = 0.74;

/**
 * The smallest digits of a counter or a ticket, in pixels of a screen at 1080p. On 43 inches that is 26 mm,
 * a three-hundredth of the 8 m from which they are read.
 */
export const DIGIT_MIN_PX = 52;
/** The smallest capital of a counter's state, where it has no number: read from 5 m. */
export const WORD_MIN_PX = 32;
/** A page of counters stands so long: time to find a number among as many as fit. */
export const PAGE_S = 8;

/** What the head, the large line, the foot and the gaps leave to the counters. */
const HEIGHT = 48;
const WIDTH = 115.5;
/** A line over the counters: the heads of the columns, or which page this is. */
const HEAD = 5.3;
/** Height of a row's line, of its size. */
const LINE = 1.2;
/** Widths of their size, as the font is at its boldest: A0123 with a wide letter, 24 with its frame, «Tạm dừng». */
const TICKET_WIDE = 3.65;
const COUNTER_WIDE = 1.7;
const STATE_WIDE = 5.3;
/** A larger number would not be read any better. */
const SIZE_MOST = 16;
const STATE_MOST = 6;

interface Columns {
  columns: number;
  /** Around a row and between its parts. */
  around: number;
  /** Left to the counter's name; none where there is no room. */
  name: number;
}
const COLUMNS: readonly Columns[] = [
  { columns: 1, around: 6.5, name: 30 },
  { columns: 2, around: 6.5, name: 15 },
  { columns: 3, around: 2.8, name: 0 },
];

export interface Layout {
  columns: number;
  rows: number;
  pages: number;
  /** Counters of a page; the last page may have fewer. */
  perPage: number;
  /** Size of a counter's and of a ticket's number. */
  size: number;
  /** Size of a state. */
  stateSize: number;
  names: boolean;
  /** Whether a line stands over the counters. */
  head: boolean;
}

/** The capital's height of a size, in pixels of a screen at 1080p. */
export const capitalPx = (size: number): number => size * PX_OF_UNIT * CAPITAL;

function laid(perPage: number, pages: number, { columns, around, name }: Columns): Layout {
  const head = columns === 1 || pages > 1;
  const rows = Math.ceil(perPage / columns);
  const high = (HEIGHT - (head ? HEAD : 0)) / rows / LINE;
  const room = WIDTH / columns - around - name;
  const size = Math.min(SIZE_MOST, high, room / (TICKET_WIDE + COUNTER_WIDE));
  const stateSize = Math.min(STATE_MOST, size, (room - size * COUNTER_WIDE) / STATE_WIDE);
  return { columns, rows, pages, perPage, size, stateSize, names: name > 0, head };
}

const readable = ({ size, stateSize }: Layout): boolean => capitalPx(size) >= DIGIT_MIN_PX && capitalPx(stateSize) >= WORD_MIN_PX;

/**
 * The fewest pages on which everything can be read, and of these the fewest columns, which leave the most
 * room to the counters' names.
 */
export function layout(counters: number): Layout {
  const count = Math.max(1, counters);
  for (let pages = 1; pages < count; pages += 1) {
    const perPage = Math.ceil(count / pages);
    const found = COLUMNS.map((columns) => laid(perPage, Math.ceil(count / perPage), columns)).find(readable);
    if (found) return found;
  }
  return laid(1, count, { columns: 1, around: 6.5, name: 30 });
}

/** Which page stands now: the same one on every screen, because all go by the center's time. */
export function pageAt(pages: number, nowMs: number): number {
  return Math.floor(nowMs / (PAGE_S * 1000)) % pages;
}
