import { describe, expect, it } from 'vitest';
import { EVERY_MS, pageId, plainCode, Reporter, SOONEST_MS, wholeSeconds, type Facts } from './report';

const well: Facts = { lasting: true, offset_ms: 0, kept: 0 };
/** Lets what was promised come true. */
const settle = () => new Promise<void>((done) => setTimeout(done, 0));

describe('what a page tells of itself', () => {
  it('comes_now_and_then_and_soon_after_something_changed', async () => {
    const sent: Facts[] = [];
    const reporter = new Reporter(async (facts) => {
      sent.push(facts);
    });
    const tick = async (now: number, facts: Facts) => {
      reporter.tick(now, true, facts);
      await settle();
    };
    await tick(0, well);
    await tick(1_000, well);
    expect(sent.length).toBe(1);
    await tick(SOONEST_MS - 1, { ...well, kept: 1 });
    expect(sent.length).toBe(1);
    await tick(SOONEST_MS, { ...well, kept: 1 });
    expect(sent.map((facts) => facts.kept)).toEqual([0, 1]);
    await tick(SOONEST_MS + EVERY_MS - 1, { ...well, kept: 1 });
    expect(sent.length).toBe(2);
    await tick(SOONEST_MS + EVERY_MS, { ...well, kept: 1 });
    expect(sent.length).toBe(3);
    // The page's clock is set back by a day.
    await tick(-86_400_000, { ...well, kept: 1 });
    expect(sent.length).toBe(4);
  });

  it('waits_for_the_center_and_never_for_two_answers_at_once', async () => {
    let answer: ((ok: boolean) => void) | undefined;
    let sent = 0;
    const reporter = new Reporter(
      () =>
        new Promise<void>((done, failed) => {
          sent += 1;
          answer = (ok) => (ok ? done() : failed(new Error('away')));
        }),
    );
    reporter.tick(0, false, well);
    expect(sent).toBe(0);
    reporter.tick(1_000, true, well);
    reporter.tick(200_000, true, well);
    expect(sent).toBe(1);
    answer!(false);
    await settle();
    // It did not arrive, so it is said again soon.
    reporter.tick(1_000 + SOONEST_MS, true, well);
    expect(sent).toBe(2);
  });

  it('names_the_page_by_an_id_that_lasts', () => {
    const kept = new Map<string, string>();
    const storage = { getItem: (name: string) => kept.get(name) ?? null, setItem: (name: string, value: string) => void kept.set(name, value) };
    const id = pageId('hall', storage);
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(pageId('hall', storage)).toBe(id);
    expect(pageId('kiosk', storage)).not.toBe(id);
    kept.set('motcua.page.hall', '<script>');
    expect(pageId('hall', storage)).not.toBe('<script>');
  });

  it('a_page_without_storage_works_all_the_same', () => {
    const full = () => {
      throw new Error('quota');
    };
    expect(pageId('hall', { getItem: () => null, setItem: full })).toMatch(/^[0-9a-f]{32}$/);
    expect(pageId('hall', { getItem: full, setItem: full })).toMatch(/^[0-9a-f]{32}$/);
  });

  it('a_strangers_code_does_not_silence_the_page', () => {
    expect(plainCode('rating.token_used')).toBe('rating.token_used');
    for (const odd of ['', 'Not found!', 'x'.repeat(65), 404, null, undefined]) expect(plainCode(odd)).toBe(null);
  });

  it('tells_the_clock_in_whole_seconds', () => {
    expect([wholeSeconds(2_400), wholeSeconds(-61_600)]).toEqual([2_000, -62_000]);
  });
});
