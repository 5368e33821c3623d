import { describe, expect, it } from 'vitest';
import { press, ROWS, TYPED_MAX, within, type Key } from './keys';

const type = (keys: Key[]) => keys.reduce(press, '');
const letters = (word: string): Key[] => [...word].map((letter) => (letter === ' ' ? 'space' : { letter }));

describe('the keyboard on the screen', () => {
  it('has_every_letter_that_vietnamese_without_tones_needs_once', () => {
    expect(ROWS.flat().sort().join('')).toBe('abcdefghijklmnopqrstuvwxyz');
  });

  it('types_takes_back_and_clears', () => {
    expect(type(letters('khai sinh'))).toBe('khai sinh');
    expect(type([...letters('so doo'), 'back'])).toBe('so do');
    expect(type([...letters('cuoi'), 'clear'])).toBe('');
    expect(type(['back', 'space', 'space', ...letters('a'), 'space', 'space'])).toBe('a ');
  });

  it('a_letter_with_its_tone_is_taken_back_as_one', () => {
    expect(press(within('sổ đỏ'.normalize('NFD')), 'back')).toBe('sổ đ');
  });

  it('takes_no_more_than_the_center_does', () => {
    const long = type(letters('a'.repeat(TYPED_MAX + 5)));
    expect(long).toHaveLength(TYPED_MAX);
    expect(press(long, 'space')).toBe(long);
    expect([...within('ữ'.repeat(TYPED_MAX + 5))]).toHaveLength(TYPED_MAX);
  });
});
