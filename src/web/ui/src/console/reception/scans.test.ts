import { describe, expect, it } from 'vitest';
import { Refused, Unreachable } from '../../api/client';
import { isRefused, refusedOnes, unsent, type ScanFile } from './useScans';

describe('files on their way', () => {
  it('a_file_that_the_server_refuses_is_not_sent_again', () => {
    for (const status of [400, 403, 409, 413]) expect(isRefused(new Refused(status, {}))).toBe(true);
  });

  it('a_login_a_slow_line_or_a_fault_lets_the_same_file_through_later', () => {
    for (const status of [401, 408, 429, 500, 503]) expect(isRefused(new Refused(status, {}))).toBe(false);
    expect(isRefused(new Unreachable())).toBe(false);
  });

  it('a_refused_file_is_not_left_to_send', () => {
    const files = (['waiting', 'sending', 'failed', 'done', 'refused'] as const).map((state) => ({ id: state, state }) as ScanFile);
    expect(unsent(files).map((one) => one.id)).toEqual(['waiting', 'sending', 'failed']);
    expect(refusedOnes(files).map((one) => one.id)).toEqual(['refused']);
  });
});
