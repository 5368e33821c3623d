import { describe, expect, it } from 'vitest';
import { ScannedKeys } from './scanned';

const CODE = `T1${'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567ABCDEFGHIJ'}`;

const type = (text: string, keys = new ScannedKeys()) => [...text].map((key) => keys.press(key)).filter(Boolean);

describe('the code of a ticket under the reader', () => {
  it('is_known_with_its_last_letter_alone_and_behind_an_address', () => {
    expect(type(CODE)).toEqual([CODE]);
    expect(type(`https://tinh.example/t/${CODE}`)).toEqual([CODE]);
    expect(type(CODE.toLowerCase())).toEqual([CODE]);
    expect(type(`${CODE}${CODE}`)).toEqual([CODE, CODE]);
  });

  it('is_not_what_people_type_and_no_code_of_a_booking', () => {
    expect(type('K7Q2M-4XDPA')).toEqual([]);
    expect(type('022085001234|141234567|Đoàn Văn Thật|15061985|Nam')).toEqual([]);
    expect(type(CODE.slice(0, -1))).toEqual([]);
  });

  it('is_not_put_together_from_pieces_with_another_key_between', () => {
    const keys = new ScannedKeys();
    type(CODE.slice(0, 20), keys);
    expect(keys.press('Shift')).toBeNull();
    expect(keys.press('Enter')).toBeNull();
    expect(type(CODE.slice(20), keys)).toEqual([]);
    expect(type(CODE, keys)).toEqual([CODE]);
  });

  it('is_followed_by_an_end_that_presses_nothing_and_every_other_end_does', () => {
    const keys = new ScannedKeys();
    expect(keys.ends('Enter')).toBe(false);
    type(CODE, keys);
    expect([keys.ends('A'), keys.ends('Enter')]).toEqual([false, true]);
    keys.press('Enter');
    expect(keys.ends('Enter')).toBe(false);
    type('K7Q2M', keys);
    expect(keys.ends('Enter')).toBe(false);
  });
});
