import { describe, expect, it } from 'vitest';
import { keepIdentity, takeIdentity } from './device-token';

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

  it('that_the_center_gave_is_kept_with_its_counter_and_without_an_earlier_one', () => {
    const kept = storage();
    takeIdentity('tablet', { hash: '#token=old&counter=1', pathname: '/tablet', search: '' }, kept, () => undefined);
    const nowhere = { hash: '', pathname: '/tablet', search: '' };
    keepIdentity('tablet', 'new', 2, kept);
    expect(takeIdentity('tablet', nowhere, kept, () => undefined)).toEqual({ token: 'new', counter: 2 });
    keepIdentity('tablet', 'newer', undefined, kept);
    expect(takeIdentity('tablet', nowhere, kept, () => undefined)).toEqual({ token: 'newer', counter: undefined });
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
  return {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
    removeItem: (name: string) => void kept.delete(name),
  };
}
