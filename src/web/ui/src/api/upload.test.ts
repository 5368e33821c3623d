import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createClient, Unreachable } from './client';

/** The browser's own sender, as far as an upload needs it; a test plays the line. */
class Line {
  static last: Line;
  upload: { onprogress?: (event: { lengthComputable: boolean; loaded: number; total: number }) => void } = {};
  onload?: () => void;
  onerror?: () => void;
  onabort?: () => void;
  status = 0;
  responseText = '';
  constructor() {
    Line.last = this;
  }
  open() {}
  setRequestHeader() {}
  send() {}
  abort() {
    this.onabort?.();
  }
}

const file = new File(['x'], 'to-khai.pdf', { type: 'application/pdf' });

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('XMLHttpRequest', Line);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const send = (onProgress: (share: number) => void = () => undefined) =>
  createClient({}).upload('/api/v1/dossiers/1/scans', file, onProgress).then(
    () => 'sent',
    (problem: unknown) => (problem instanceof Unreachable ? 'not sent' : 'refused'),
  );

test('a file on a line that is half open counts as not sent and does not wait for ever', async () => {
  const sent = send();
  await vi.advanceTimersByTimeAsync(40_000);
  expect(await sent).toBe('not sent');
});

test('a slow file that moves is waited for', async () => {
  const shares: number[] = [];
  const sent = send((share) => shares.push(share));
  for (let part = 1; part <= 4; part += 1) {
    await vi.advanceTimersByTimeAsync(25_000);
    Line.last.upload.onprogress?.({ lengthComputable: true, loaded: part, total: 4 });
  }
  Line.last.status = 201;
  Line.last.responseText = '{}';
  Line.last.onload?.();
  expect(await sent).toBe('sent');
  expect(shares).toEqual([0.25, 0.5, 0.75, 1]);
});
