import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Refused } from '../api/client';
import { Live, STALE_AFTER_MS, type LiveOptions, type SocketLike } from './live';

beforeEach(() => void vi.useFakeTimers({ now: Date.parse('2026-11-23T03:00:00Z') }));
afterEach(() => void vi.useRealTimers());

describe('live updates', () => {
  it('a_newer_version_replaces_an_older_one_and_never_the_other_way_round', () => {
    const { live, sockets } = started();
    sockets.last().opens();
    sockets.last().says({ topic: 'hall', version: 7, at: 'x', data: 'seven' });
    sockets.last().says({ topic: 'hall', version: 6, at: 'x', data: 'six' });
    expect(live.current().topics['hall']?.data).toBe('seven');
  });

  it('a_page_that_hears_nothing_for_fifteen_seconds_is_stale_and_heals', () => {
    const { live, sockets } = started();
    sockets.last().opens();
    sockets.last().says({ topic: 'hall', version: 1, at: 'x', data: 'one' });
    expect(live.current().health).toBe('live');
    vi.advanceTimersByTime(STALE_AFTER_MS + 2_000);
    expect(live.current().health).toBe('stale');
    expect(live.current().topics['hall']?.data).toBe('one');
    vi.advanceTimersByTime(20_000);
    sockets.last().opens();
    sockets.last().says({ topic: 'heartbeat', at: '2026-11-23T03:00:40Z' });
    expect(live.current().health).toBe('live');
  });

  it('a_server_that_says_that_it_goes_away_is_shown_as_away_at_once', () => {
    const { live, sockets } = started();
    sockets.last().opens();
    sockets.last().says({ topic: 'hall', version: 1, at: 'x', data: 'one' });
    sockets.last().breaks();
    expect(live.current().health).toBe('live');
    vi.advanceTimersByTime(2_000);
    sockets.last().opens();
    sockets.last().says({ topic: 'hall', version: 2, at: 'x', data: 'two' });
    sockets.last().breaks(1001);
    expect(live.current().health).toBe('stale');
    vi.advanceTimersByTime(2_000);
    sockets.last().opens();
    sockets.last().says({ topic: 'heartbeat', at: '2026-11-23T03:00:10Z' });
    expect(live.current().health).toBe('live');
  });

  it('heartbeats_alone_keep_a_quiet_page_live', () => {
    const { live, sockets } = started();
    sockets.last().opens();
    for (let n = 0; n < 12; n += 1) {
      sockets.last().says({ topic: 'heartbeat', at: new Date(Date.now()).toISOString() });
      vi.advanceTimersByTime(5_000);
    }
    expect(live.current().health).toBe('live');
    expect(sockets.all.length).toBe(1);
  });

  it('a_socket_that_is_open_but_dumb_is_given_up', () => {
    const { sockets } = started();
    sockets.last().opens();
    vi.advanceTimersByTime(STALE_AFTER_MS + 12_000);
    expect(sockets.all[0]?.closed).toBe(true);
    expect(sockets.all.length).toBeGreaterThan(1);
  });

  it('the_first_snapshot_of_a_new_connection_counts_even_with_a_lower_version', () => {
    const { live, sockets } = started();
    sockets.last().opens();
    sockets.last().says({ topic: 'hall', version: 900, at: 'x', data: 'before' });
    sockets.last().breaks();
    vi.advanceTimersByTime(2_000);
    sockets.last().opens();
    sockets.last().says({ topic: 'hall', version: 2, at: 'x', data: 'after' });
    expect(live.current().topics['hall']?.data).toBe('after');
  });

  it('without_a_socket_the_snapshot_comes_over_http', async () => {
    const { live, sockets } = started({ fetchers: { hall: async () => ({ version: 3, at: 'x', data: 'asked' }) } });
    sockets.last().breaks();
    await vi.advanceTimersByTimeAsync(10);
    expect(live.current().topics['hall']?.data).toBe('asked');
    expect(live.current().health).toBe('live');
  });

  it('a_revoked_token_shows_as_refused', async () => {
    const { live, sockets } = started({
      fetchers: { hall: () => Promise.reject(new Refused(401, { code: 'device.revoked' })) },
    });
    sockets.last().breaks();
    await vi.advanceTimersByTimeAsync(10);
    expect(live.current().health).toBe('refused');
    expect(live.current().refusal?.code).toBe('device.revoked');
  });

  it('reconnects_wait_longer_and_stay_under_the_bound', () => {
    const { sockets } = started({ random: () => 1 });
    const times: number[] = [];
    let count = sockets.all.length;
    for (let ms = 0; ms < 60_000; ms += 250) {
      if (sockets.all.length > count) {
        times.push(Date.now());
        count = sockets.all.length;
      }
      const socket = sockets.last();
      if (!socket.closed) socket.breaks();
      vi.advanceTimersByTime(250);
    }
    const gaps = times.slice(1).map((time, n) => time - (times[n] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(12_000);
    expect(gaps[gaps.length - 1]).toBeGreaterThan(gaps[0] ?? 0);
  });

  it('rubbish_on_the_line_is_ignored', () => {
    const { live, sockets } = started();
    sockets.last().opens();
    sockets.last().raw('not json');
    sockets.last().raw('null');
    sockets.last().raw('{"version":1}');
    expect(live.current().topics).toEqual({});
  });
});

class FakeSocket implements SocketLike {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event?: { code?: number }) => void) | null = null;
  closed = false;
  sent: string[] = [];
  send(text: string) {
    this.sent.push(text);
  }
  close() {
    this.closed = true;
  }
  opens() {
    this.onopen?.();
  }
  breaks(code?: number) {
    this.closed = true;
    this.onclose?.(code === undefined ? undefined : { code });
  }
  raw(data: string) {
    this.onmessage?.({ data });
  }
  says(message: unknown) {
    this.raw(JSON.stringify(message));
  }
}

function started(options: Partial<LiveOptions> = {}) {
  const all: FakeSocket[] = [];
  const live = new Live({
    topics: ['hall'],
    openSocket: () => {
      const socket = new FakeSocket();
      all.push(socket);
      return socket;
    },
    ...options,
  });
  live.start();
  return { live, sockets: { all, last: () => all[all.length - 1]! } };
}
