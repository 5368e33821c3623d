import { expect, test } from 'vitest';
import { bookingLetters, bookingShown } from './booking';

test('a code is read as it is typed and scanned', () => {
  for (const typed of ['k7q2m-4xdpa', ' K7Q2M 4XDPA', 'https://tinh.vn/dat-lich/K7Q2M4XDPA', 'https://tinh.vn/dat-lich?ma=K7Q2M4XDPA', 'https://tinh.vn/dat-lich#K7Q2M4XDPA'])
    expect(bookingLetters(typed)).toBe('K7Q2M4XDPA');
  expect(bookingLetters('oil')).toBe('011');
  expect(bookingLetters('Ưu K7Q2M4XDPA99')).toBe('K7Q2M4XDPA');
});

test('the hyphen stands as soon as there is something behind it', () => {
  expect(['', 'K7Q2M', 'K7Q2M4'].map(bookingShown)).toEqual(['', 'K7Q2M', 'K7Q2M-4']);
});
