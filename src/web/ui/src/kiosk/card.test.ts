import { describe, expect, it } from 'vitest';
import { beginsAsCard, hasCardReader, looksLikeCard } from './card';
import { within } from './keys';

const LINE = '022190001234|100912345|PHẠM THỊ NGỌC ÁNH|14051990|Nữ|Tổ 5, khu 3, Cao Xanh, Quảng Ninh|20082021';

describe('a card at the kiosk', () => {
  it('is_told_from_a_half_read_line_and_from_other_codes', () => {
    expect(looksLikeCard(LINE)).toBe(true);
    expect(looksLikeCard(`${LINE}\r`)).toBe(true);
    expect(looksLikeCard('022190001234|PHẠM THỊ NGỌC ÁNH|14051990|Nữ|Cao Xanh|20082021')).toBe(true);
    for (const other of ['', '022190001234', LINE.slice(0, 30), LINE.slice(1), 'https://x.vn/t/T1ABC', `${LINE}${'x'.repeat(1024)}`]) {
      expect(looksLikeCard(other)).toBe(false);
    }
  });

  it('is_told_from_words_where_it_is_typed_into_the_search', () => {
    expect(beginsAsCard(within(LINE))).toBe(true);
    expect(beginsAsCard(LINE.slice(0, 12))).toBe(true);
    for (const words of ['', 'khai sinh', '02219000123', 'đất 022190001234']) expect(beginsAsCard(words)).toBe(false);
  });

  it('is_asked_for_only_where_a_reader_stands', () => {
    expect(hasCardReader('?card=on')).toBe(true);
    expect(hasCardReader('')).toBe(false);
    expect(hasCardReader('?card=off')).toBe(false);
  });
});
