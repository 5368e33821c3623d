import { describe, expect, it } from 'vitest';
import { takeIdentity } from './device-token';

describe('a device token', () => {
  it('is_taken_from_the_address_once_and_kept', () => {
    const kept = storage();
    const cleaned: string[] = [];
    const first = takeIdentity('hall', { hash: '#token=abc', pathname: '/hall', search: '' }, kept, (address) => cleaned.push(address));
    const later = takeIdentity('hall', { hash: '', pathname: '/hall', search: '' }, kept, () => undefined);
    expect(first.token).toBe('abc');
    expect(later.token).toBe('abc');
    expect(cleaned).toEqual(['/hall']);
  });

  it('of_one_surface_is_not_used_by_another', () => {
    const kept = storage();
    takeIdentity('hall', { hash: '#token=abc', pathname: '/hall', search: '' }, kept, () => undefined);
    expect(takeIdentity('kiosk', { hash: '', pathname: '/kiosk', search: '' }, kept, () => undefined).token).toBeUndefined();
  });

  it('may_come_with_the_counter_and_only_a_number_is_one', () => {
    const kept = storage();
    const place = { hash: '#token=abc&counter=3', pathname: '/tablet', search: '' };
    expect(takeIdentity('tablet', place, kept, () => undefined).counter).toBe(3);
    const odd = { hash: '', pathname: '/tablet', search: '?counter=<b>' };
    expect(takeIdentity('tablet', odd, kept, () => undefined).counter).toBe(3);
  });
});

function storage() {
  const kept = new Map<string, string>();
  return { getItem: (name: string) => kept.get(name) ?? null, setItem: (name: string, value: string) => void kept.set(name, value) };
}
