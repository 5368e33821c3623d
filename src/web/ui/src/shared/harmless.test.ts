import { expect, it } from 'vitest';
import { harmless } from './harmless';

it('a_strangers_text_turns_nothing_around_and_loses_no_word', () => {
  expect(harmless('  Chờ \u202elâu\u202c quá\u200f ')).toBe('Chờ lâu quá');
  expect(harmless('một\thai\u0007ba\r\nbốn\u0085')).toBe('một hai ba\nbốn');
  expect(harmless('<img src=x onerror=alert(1)>')).toBe('<img src=x onerror=alert(1)>');
  expect(harmless('Cho\u031b\u0300')).toBe('Chờ');
  expect(harmless('\u2066\u2069')).toBe('');
  expect(harmless('một\u2028hai')).toBe('một\nhai');
  // Whole characters stay; a half, as a length bound may leave it, goes.
  expect(harmless('tốt \u{1f642}')).toBe('tốt \u{1f642}');
  expect(harmless('\ude42 tệ \ud83d')).toBe('tệ');
});
