import { describe, expect, it } from 'vitest';
import type { Procedure } from '../../api/types';
import { begunAt, EMPTY, firstProblem, givenTo, isOfAnother, missingPapers, parseBirthDate, parseCardLine, request, withCard, withProcedure, withRequired } from './draft';

const LINE = '022190001234|100912345|PHẠM THỊ NGỌC ÁNH|14051990|Nữ|Tổ 5, khu 3, Cao Xanh, Quảng Ninh|20082021';

describe('reception', () => {
  it('a_scanners_line_fills_the_identity', () => {
    const card = parseCardLine(LINE);
    expect(card).toMatchObject({ number: '022190001234', old_number: '100912345', birth_date: '1990-05-14', sex: 'female', issued: '2021-08-20' });
    const draft = withCard(EMPTY, card!);
    expect(draft.birth).toBe('14/05/1990');
    expect(draft.fromCard).toBe(true);
  });

  it('a_line_without_the_old_number_is_read_too', () => {
    expect(parseCardLine('022190001234|ĐẶNG QUỐC TUẤN|01021984|Nam|Khu 2|20082021')?.name).toBe('ĐẶNG QUỐC TUẤN');
  });

  it('nonsense_is_no_card', () => {
    for (const line of ['', 'abc', '1|2|3|4|5|6|7', LINE.replace('14051990', '31021990')]) expect(parseCardLine(line)).toBeNull();
  });

  it('dates_of_birth_are_real_days', () => {
    expect(parseBirthDate('5/2/1984')).toBe('1984-02-05');
    expect(parseBirthDate('29022000')).toBe('2000-02-29');
    expect(parseBirthDate('29/02/1999')).toBeNull();
    expect(parseBirthDate('1984')).toBeNull();
  });

  it('the_first_thing_to_mend_is_named', () => {
    expect(firstProblem(EMPTY)).toBe('name');
    expect(firstProblem({ ...EMPTY, name: 'A', number: '12' })).toBe('number');
    expect(firstProblem({ ...EMPTY, name: 'A', birth: '32/01/1990' })).toBe('birth');
    expect(firstProblem({ ...EMPTY, name: 'A' })).toBe('procedure');
    const chosen = withProcedure({ ...EMPTY, name: 'A' }, PROCEDURE);
    expect(firstProblem(chosen)).toBe('note');
    expect(firstProblem({ ...chosen, note: ' ' })).toBe('note');
    expect(firstProblem({ ...chosen, note: 'Mang bổ sung chiều nay' })).toBeNull();
    expect(firstProblem({ ...chosen, papers: withRequired(PROCEDURE, chosen.papers) })).toBeNull();
  });

  it('papers_that_were_not_handed_in_are_counted_and_sent_as_none', () => {
    const draft = withProcedure({ ...EMPTY, name: 'Nguyễn Văn A' }, PROCEDURE);
    draft.papers[1] = { received: true, originals: 1, copies: 0 };
    expect(missingPapers(draft)).toBe(1);
    expect(request(draft, 3, 't-1')).toMatchObject({
      counter: 3,
      ticket: 't-1',
      components: [
        { seq: 1, received: true, originals: 1, copies: 0 },
        { seq: 2, received: false, originals: 0, copies: 0 },
        { seq: 3, received: false, originals: 0, copies: 0 },
      ],
    });
  });

  it('all_received_ticks_what_is_required_and_leaves_the_rest_to_the_officer', () => {
    const { papers } = withProcedure(EMPTY, PROCEDURE);
    const ticked = (given: typeof papers) => Object.values(given).map((paper) => paper.received);
    expect(ticked(withRequired(PROCEDURE, papers))).toEqual([true, true, false]);
    const third = { ...papers, 3: { received: true, originals: 0, copies: 1 } };
    expect(withRequired(PROCEDURE, third)[3]).toEqual({ received: true, originals: 0, copies: 1 });
  });

  it('names_leave_composed', () => {
    const draft = withProcedure({ ...EMPTY, name: 'Nguyễn'.normalize('NFD') }, PROCEDURE);
    expect(request(draft, 1, undefined).applicant.name).toBe('Nguyễn');
  });

  it('a_name_that_turns_the_line_around_leaves_without_the_marks_and_markup_stays_text', () => {
    const draft = withProcedure({ ...EMPTY, name: ' \u202eNguyễn\u202c <b>Lan</b> ' }, PROCEDURE);
    expect(request(draft, 1, undefined).applicant.name).toBe('Nguyễn <b>Lan</b>');
  });

  it('a_draft_belongs_to_the_number_under_which_it_was_begun', () => {
    const begun = begunAt(EMPTY, { ...EMPTY, name: 'L' }, FIRST);
    expect(begun.ticket).toEqual(FIRST);
    const further = begunAt(begun, { ...begun, name: 'Lê' }, SECOND);
    expect(further.ticket).toEqual(FIRST);
    expect(isOfAnother(further, FIRST)).toBe(false);
    expect(isOfAnother(further, null)).toBe(false);
    expect(isOfAnother(further, SECOND)).toBe(true);
    expect(isOfAnother(givenTo(further, SECOND), SECOND)).toBe(false);
  });

  it('a_chosen_procedure_alone_is_somebodys_too', () => {
    const begun = begunAt(EMPTY, withProcedure(EMPTY, PROCEDURE), FIRST);
    expect(isOfAnother(begun, SECOND)).toBe(true);
  });

  it('a_draft_without_a_number_or_without_a_word_asks_nothing', () => {
    const begun = begunAt(EMPTY, { ...EMPTY, name: 'Lê' }, null);
    expect(isOfAnother(begunAt(begun, { ...begun, phone: '0912345678' }, FIRST), SECOND)).toBe(false);
    const emptied = begunAt({ ...EMPTY, name: 'L', ticket: FIRST }, { ...EMPTY, ticket: FIRST }, SECOND);
    expect(emptied.ticket).toBeNull();
    expect(begunAt(emptied, { ...emptied, name: 'T' }, SECOND).ticket).toEqual(SECOND);
  });
});

const FIRST = { id: 't-1', label: 'A001' };
const SECOND = { id: 't-2', label: 'A002' };

const PROCEDURE: Procedure = {
  code: '1.001193',
  version: 1,
  name: 'Đăng ký khai sinh',
  sector: 'Hộ tịch',
  service: 'justice',
  limit: { value: 1, unit: 'same_day' },
  fee: { kind: 'free', amount_vnd: 0 },
  papers: [
    { seq: 1, name: 'Tờ khai', originals: 1, copies: 0, needs_confirmation: false },
    { seq: 2, name: 'Giấy chứng sinh', originals: 1, copies: 0, needs_confirmation: false },
    { seq: 3, name: 'Văn bản ủy quyền', originals: 0, copies: 1, condition: 'nếu ủy quyền', needs_confirmation: false },
  ],
  source: '',
  needs_confirmation: false,
};
