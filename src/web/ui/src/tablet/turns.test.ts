import { describe, expect, it } from 'vitest';
import { at, CLEARED_MS, clearsIn, filled, NO_TURNS, offered, questionOf, REST_MS, touched, UNTOUCHED_MS, voted, WAITING_MAX, WARN_MS, withdrawn, type Turns } from './turns';

const START = Date.parse('2026-11-23T01:00:00Z');
const LIFE_MS = 600_000;
const FINISH_S = 300;

/** A tablet with a clock that the test moves. */
class Tablet {
  now = START;
  free = true;
  turns: Turns = NO_TURNS;

  private change(work: (turns: Turns) => Turns, free = this.free) {
    this.turns = at(work(at(this.turns, this.now, this.free)), this.now, free);
    return this;
  }
  comes = (token: string) => this.change((turns) => offered(turns, questionOf({ token, stage: 'receipt', expires_at: new Date(this.now + LIFE_MS).toISOString(), finish_s: FINISH_S })));
  again = (token: string) => this.change((turns) => offered(turns, questionOf({ token, stage: 'receipt', expires_at: new Date(START + LIFE_MS).toISOString(), finish_s: FINISH_S })));
  touch = () => this.change((turns) => touched(turns, this.now));
  /** Chooses "not satisfied": the reasons and the comment stand open. */
  writes = () => this.touch().change(filled);
  withdraw = () => this.change(withdrawn);
  send() {
    this.change(voted, false);
    this.free = false;
    return this;
  }
  saidThanks() {
    this.free = true;
    return this.change((turns) => turns);
  }
  /** The page looks once a second. */
  pass(ms: number) {
    for (const end = this.now + ms; this.now < end; ) {
      this.now = Math.min(end, this.now + 1_000);
      this.change((turns) => turns);
    }
    return this;
  }
  get asks() {
    return this.turns.open?.question.token ?? null;
  }
  get waits() {
    return this.turns.waiting.map((one) => one.token);
  }
}

describe('a ballot that somebody fills in', () => {
  it('stays_when_the_next_question_comes_and_that_one_follows', () => {
    const tablet = new Tablet().comes('a').writes().pass(UNTOUCHED_MS).comes('b');
    const { turn } = tablet.turns.open!;
    expect([tablet.asks, tablet.waits]).toEqual(['a', ['b']]);
    tablet.pass(REST_MS - UNTOUCHED_MS - 1_000).touch().pass(REST_MS - 1_000);
    expect([tablet.asks, tablet.turns.open!.turn]).toEqual(['a', turn]);
    tablet.send();
    expect(tablet.asks).toBeNull();
    tablet.pass(6_000).saidThanks();
    expect([tablet.asks, tablet.turns.open!.question.waited, tablet.turns.open!.touched]).toEqual(['b', true, null]);
  });

  it('is_followed_by_all_that_waited_oldest_first', () => {
    const tablet = new Tablet().comes('a').writes();
    for (const token of ['b', 'c', 'd']) tablet.comes(token);
    const asked = [];
    while (tablet.asks) {
      asked.push(tablet.asks);
      tablet.send().saidThanks();
    }
    expect(asked).toEqual(['a', 'b', 'c', 'd']);
  });

  it('is_waited_for_by_so_many_and_the_oldest_goes', () => {
    const tablet = new Tablet().comes('a').writes();
    const tokens = Array.from({ length: WAITING_MAX + 2 }, (_, number) => `w${number}`);
    for (const token of tokens) tablet.comes(token);
    expect([tablet.asks, tablet.waits]).toEqual(['a', tokens.slice(-WAITING_MAX)]);
  });

  it('is_cleared_when_nobody_touches_it_and_the_next_question_follows', () => {
    const tablet = new Tablet().comes('a').writes().comes('b').pass(REST_MS - 1_000);
    expect(tablet.asks).toBe('a');
    tablet.pass(1_000);
    expect([tablet.asks, tablet.turns.clearedAt]).toEqual([null, tablet.now]);
    tablet.pass(CLEARED_MS);
    expect([tablet.asks, tablet.turns.clearedAt]).toEqual(['b', null]);
  });

  it('is_cleared_and_asked_anew_and_blank_when_nobody_waits', () => {
    const tablet = new Tablet().comes('a').writes();
    const { turn } = tablet.turns.open!;
    tablet.pass(REST_MS + CLEARED_MS);
    expect(tablet.asks).toBe('a');
    expect(tablet.turns.open).toMatchObject({ turn: turn + 1, touched: null, filled: false });
    tablet.again('a');
    expect(tablet.waits).toEqual([]);
    tablet.writes().pass(REST_MS).comes('b').pass(CLEARED_MS);
    expect(tablet.asks).toBe('b');
    tablet.send().saidThanks();
    expect(tablet.asks).toBeNull();
  });

  it('is_cleared_at_its_end_however_busy_the_hand', () => {
    const tablet = new Tablet().comes('a').pass(60_000).writes();
    const begun = tablet.now;
    for (;;) {
      tablet.pass(1_000).touch();
      if (tablet.asks !== 'a') break;
    }
    expect(tablet.now - begun).toBe(FINISH_S * 1000);
  });

  it('may_be_finished_after_the_time_in_which_it_had_to_be_begun', () => {
    const tablet = new Tablet().comes('a').pass(LIFE_MS - 1_000).writes().pass(30_000);
    expect(tablet.asks).toBe('a');
    tablet.pass(REST_MS + CLEARED_MS);
    expect(tablet.asks).toBeNull();
  });

  it('stays_when_the_center_has_nothing_open_any_more', () => {
    const tablet = new Tablet().comes('a').writes().withdraw();
    expect(tablet.asks).toBe('a');
    const untouched = new Tablet().comes('a').withdraw();
    expect(untouched.asks).toBeNull();
    const next = new Tablet().comes('a').writes().comes('b').withdraw().send().saidThanks();
    expect(next.asks).toBeNull();
  });

  it('stays_when_the_next_person_is_called_and_is_not_asked_again_of_them', () => {
    const tablet = new Tablet().comes('a').writes().comes('b').comes('c').withdraw();
    expect([tablet.asks, tablet.waits]).toEqual(['a', []]);
    tablet.pass(REST_MS - 1_000);
    expect(tablet.asks).toBe('a');
    tablet.pass(1_000 + CLEARED_MS);
    expect(tablet.asks).toBeNull();
    expect(tablet.comes('d').asks).toBe('d');
  });

  it('that_is_told_once_more_is_asked_again_when_it_is_cleared', () => {
    const tablet = new Tablet().comes('a').writes().withdraw();
    tablet.again('a');
    expect(tablet.pass(REST_MS + CLEARED_MS).asks).toBe('a');
    expect(tablet.withdraw().asks).toBeNull();
  });

  it('says_in_time_that_it_will_be_cleared_and_why', () => {
    const tablet = new Tablet().comes('a').touch();
    expect(clearsIn(tablet.pass(REST_MS - 1_000).turns, tablet.now)).toBeNull();
    tablet.writes().pass(REST_MS - WARN_MS - 1_000);
    expect(clearsIn(tablet.turns, tablet.now)).toBeNull();
    tablet.pass(1_000);
    expect(clearsIn(tablet.turns, tablet.now)).toEqual({ why: 'rest', seconds: WARN_MS / 1000 });
    tablet.touch();
    expect(clearsIn(tablet.turns, tablet.now)).toBeNull();
    while (tablet.now < tablet.turns.open!.touched!.first + FINISH_S * 1000 - 5_000) tablet.pass(1_000).touch();
    expect(clearsIn(tablet.turns, tablet.now)).toEqual({ why: 'finish', seconds: 5 });
  });

  it('is_not_prolonged_by_a_clock_that_is_set_back', () => {
    const tablet = new Tablet().comes('a').writes();
    tablet.now -= 3_600_000;
    tablet.pass(REST_MS + 1_000);
    expect(tablet.turns.clearedAt).not.toBeNull();
    tablet.now -= 3_600_000;
    tablet.pass(CLEARED_MS + 1_000);
    expect(tablet.turns.clearedAt).toBeNull();
  });
});

describe('a question that nobody touches', () => {
  it('makes_room_for_the_next_once_it_has_stood_a_while', () => {
    const tablet = new Tablet().comes('a').pass(UNTOUCHED_MS).comes('b');
    expect([tablet.asks, tablet.turns.open!.question.waited]).toEqual(['b', false]);
    tablet.pass(1_000).comes('c');
    expect([tablet.asks, tablet.waits]).toEqual(['b', ['c']]);
    tablet.pass(UNTOUCHED_MS - 1_000);
    expect([tablet.asks, tablet.waits]).toEqual(['c', []]);
  });

  it('stands_until_its_time_is_over_when_no_other_comes', () => {
    const tablet = new Tablet().comes('a').pass(LIFE_MS - 1_000);
    expect(tablet.asks).toBe('a');
    expect(tablet.pass(1_000).asks).toBeNull();
  });

  it('leaves_when_the_next_person_is_called_and_so_do_those_that_wait', () => {
    const tablet = new Tablet().comes('a').comes('b');
    expect([tablet.asks, tablet.waits]).toEqual(['a', ['b']]);
    tablet.withdraw();
    expect([tablet.asks, tablet.waits]).toEqual([null, []]);
    expect(tablet.pass(UNTOUCHED_MS).asks).toBeNull();
    expect(tablet.comes('c').turns.open).toMatchObject({ question: { token: 'c', waited: false }, touched: null });
  });

  it('leaves_also_while_it_stands_blank_after_somebody_was_cleared', () => {
    const tablet = new Tablet().comes('a').writes().pass(REST_MS);
    expect(tablet.turns.again?.token).toBe('a');
    expect(tablet.withdraw().pass(CLEARED_MS).asks).toBeNull();
  });

  it('is_over_before_its_turn_when_it_waited_too_long', () => {
    const tablet = new Tablet().comes('a').pass(LIFE_MS - FINISH_S * 1000 - 1_000).comes('b').pass(1_000).writes().comes('c');
    tablet.now += LIFE_MS;
    tablet.pass(CLEARED_MS);
    expect([tablet.asks, tablet.waits]).toEqual([null, []]);
  });

  it('comes_after_what_is_said_about_the_vote_before', () => {
    const tablet = new Tablet().comes('a').touch().send().comes('b').pass(UNTOUCHED_MS);
    expect(tablet.asks).toBeNull();
    tablet.saidThanks();
    expect([tablet.asks, tablet.turns.open!.shownAt]).toEqual(['b', tablet.now]);
  });

  it('that_was_only_brushed_goes_back_without_a_word', () => {
    const tablet = new Tablet().comes('a').touch().pass(REST_MS);
    expect([tablet.asks, tablet.turns.clearedAt, tablet.turns.open!.touched]).toEqual(['a', null, null]);
  });
});
