/** What is being typed at reception, and how it becomes a request. No React, no server. */
import type { Applicant, Channel, CitizenCard, NewDossier, Procedure, ResultChannel, Sex, Ticket } from '../../api/types';
import { date } from '../../shared/format';
import { harmless } from '../../shared/harmless';

export interface PaperGiven {
  received: boolean;
  originals: number;
  copies: number;
}

/** A number, as far as a draft or a saved dossier remembers whose it is. */
export type TicketName = Pick<Ticket, 'id' | 'label'>;

export interface Draft {
  /** The number at the counter when the first word was typed; nothing when nobody had been called. */
  ticket: TicketName | null;
  number: string;
  name: string;
  birth: string;
  sex: Sex | '';
  phone: string;
  address: string;
  /** Whether the card's own words stand in the form, as the citizen declared them. */
  fromCard: boolean;
  procedure: Procedure | null;
  papers: Record<number, PaperGiven>;
  channel: Channel;
  resultChannel: ResultChannel;
  note: string;
}

export const EMPTY: Draft = {
  ticket: null,
  number: '',
  name: '',
  birth: '',
  sex: '',
  phone: '',
  address: '',
  fromCard: false,
  procedure: null,
  papers: {},
  channel: 'direct',
  resultChannel: 'counter',
  note: '',
};

export const isUntouched = (draft: Draft) => !draft.number && !draft.name && !draft.birth && !draft.phone && !draft.address;
export const isEmpty = (draft: Draft) => isUntouched(draft) && !draft.procedure && !draft.note;

/** What is begun belongs to the number at the counter, what is empty again to nobody. */
export function begunAt(before: Draft, after: Draft, current: TicketName | null): Draft {
  if (isEmpty(after)) return { ...after, ticket: null };
  return isEmpty(before) ? givenTo(after, current) : after;
}

export function givenTo(draft: Draft, ticket: TicketName | null): Draft {
  return { ...draft, ticket: ticket && { id: ticket.id, label: ticket.label } };
}

/** Another person is being served than the one whose data stands here. A draft without a number asks nothing. */
export function isOfAnother(draft: Draft, serving: TicketName | null): boolean {
  return !isEmpty(draft) && draft.ticket !== null && serving !== null && draft.ticket.id !== serving.id;
}

export function withCard(draft: Draft, card: CitizenCard): Draft {
  return {
    ...draft,
    number: card.number,
    name: card.name,
    birth: date(card.birth_date),
    sex: card.sex,
    address: card.address,
    fromCard: true,
  };
}

export function withProcedure(draft: Draft, procedure: Procedure): Draft {
  const papers = Object.fromEntries(
    procedure.papers.map((paper) => [paper.seq, { received: false, originals: paper.originals, copies: paper.copies }]),
  );
  return { ...draft, procedure, papers };
}

/** «14/05/1990», «14051990» or «1990-05-14» to a date; null when it is none. */
export function parseBirthDate(text: string): string | null {
  const plain = text.trim();
  const found = plain.match(/^(\d{1,2})[/.\-\s]?(\d{1,2})[/.\-\s]?(\d{4})$/);
  const iso = plain.match(/^(\d{4})-(\d{2})-(\d{2})$/);
  const [year, month, day] = iso ? [iso[1], iso[2], iso[3]] : found ? [found[3], found[2], found[1]] : [];
  if (!year || !month || !day) return null;
  const written = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const real = new Date(`${written}T00:00:00Z`);
  return Number.isNaN(real.getTime()) || real.toISOString().slice(0, 10) !== written ? null : written;
}

/** A scanner that types like a keyboard gives the card's QR line, fields between `|`. */
export function parseCardLine(line: string): CitizenCard | null {
  const fields = line.normalize('NFC').trim().split('|');
  if (fields.length < 6) return null;
  const hasOld = fields.length >= 7;
  const [number = '', ...rest] = fields;
  const [name = '', birth = '', sex = '', address = '', issued = ''] = hasOld ? rest.slice(1) : rest;
  const birthDate = parseBirthDate(birth);
  if (!/^\d{12}$/.test(number) || name.trim() === '' || !birthDate) return null;
  return {
    number,
    old_number: (hasOld && rest[0]) || null,
    name: name.trim(),
    birth_date: birthDate,
    sex: sex.trim().toLowerCase() === 'nữ' ? 'female' : 'male',
    address: address.trim(),
    issued: parseBirthDate(issued),
  };
}

export type FieldName = 'number' | 'name' | 'birth' | 'procedure' | 'note';

/** The first thing to mend before the dossier can be saved; the rules themselves are the server's. */
export function firstProblem(draft: Draft): FieldName | null {
  if (draft.number && !/^\d{12}$/.test(draft.number)) return 'number';
  if (!draft.name.trim()) return 'name';
  if (draft.birth.trim() && !parseBirthDate(draft.birth)) return 'birth';
  if (!draft.procedure) return 'procedure';
  if (missingPapers(draft) > 0 && !draft.note.trim()) return 'note';
  return null;
}

/** Papers that everybody has to bring; one with a condition never counts as missing. */
export function missingPapers(draft: Draft): number {
  return (draft.procedure?.papers ?? []).filter((paper) => !paper.condition && !draft.papers[paper.seq]?.received).length;
}

/** All required papers ticked; one with a condition stays as it is, since only the officer sees whether it was there. */
export function withRequired(procedure: Procedure, papers: Draft['papers']): Draft['papers'] {
  return Object.fromEntries(
    procedure.papers.map((paper) => {
      const before = papers[paper.seq] ?? { received: false, originals: paper.originals, copies: paper.copies };
      return [paper.seq, paper.condition ? before : { ...before, received: true }];
    }),
  );
}

const given = (text: string) => text.normalize('NFC').trim() || null;

export function request(draft: Draft, counter: number, ticket: string | undefined): NewDossier {
  const applicant: Applicant = {
    name: harmless(draft.name),
    citizen_number: given(draft.number),
    birth_date: parseBirthDate(draft.birth),
    sex: draft.sex || null,
    address: given(draft.address),
    phone: given(draft.phone),
  };
  const note = given(draft.note);
  return {
    procedure: draft.procedure?.code ?? '',
    counter,
    ...(ticket ? { ticket } : {}),
    applicant,
    components: Object.entries(draft.papers).map(([seq, paper]) => ({
      seq: Number(seq),
      received: paper.received,
      originals: paper.received ? paper.originals : 0,
      copies: paper.received ? paper.copies : 0,
    })),
    channel: draft.channel,
    result_channel: draft.resultChannel,
    ...(note ? { note } : {}),
  };
}
