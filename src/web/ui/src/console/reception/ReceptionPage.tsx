/** Reception: one long page in the order officers know, with its sum beside it. */
import { useEffect, useId, useRef, useState } from 'react';
import { useDesk } from '../context';
import { useText } from '../text';
import { useRun } from '../useRun';
import { Checklist } from './Checklist';
import { useDeadline } from './Deadline';
import { EMPTY, firstProblem, givenTo, isEmpty, missingPapers, request, withProcedure, type Draft, type FieldName } from './draft';
import { Identity } from './Identity';
import { ProcedurePicker } from './ProcedurePicker';
import { SavedPanel } from './SavedPanel';
import { Sum } from './Sum';
import { OtherCard } from './OtherCard';
import { OtherTicket } from './OtherTicket';
import type { Reception } from './useReception';

const CHANNELS = ['direct', 'post'] as const;
const RESULT_CHANNELS = ['counter', 'online', 'post'] as const;

export function ReceptionPage({ reception }: { reception: Reception }) {
  const t = useText();
  const { api, counter, current } = useDesk();
  const { run, running } = useRun();
  const { draft, setDraft, saved } = reception;
  const [mend, setMend] = useState<FieldName | null>(null);
  const page = useRef<HTMLFormElement>(null);
  const otherTicket = useRef<HTMLParagraphElement>(null);
  const ids = { note: useId(), noteHint: useId(), received: useId(), due: useId() };
  const deadline = useDeadline(draft.procedure?.code ?? null, draft.channel);
  const number = counter?.number ?? 0;
  const ticket = reception.serving;
  const set = (change: Partial<Draft>) => {
    setMend(null);
    setDraft((before) => ({ ...before, ...change }));
  };

  const save = () => {
    if (reception.ofAnother) {
      otherTicket.current?.focus();
      return;
    }
    const problem = firstProblem(draft);
    setMend(problem);
    if (problem) {
      page.current?.querySelector<HTMLElement>(`[data-field="${problem}"]`)?.focus();
      return;
    }
    const under = givenTo(draft, current ?? draft.ticket).ticket;
    void run(async () => {
      const received = await api.receive(request(draft, number, ticket?.id), reception.key.current);
      reception.setSaved({
        dossier: received.dossier,
        deadline: received.deadline,
        ticket: under,
        ratingOpened: received.rating_token_issued,
        printJob: received.print_job?.id ?? null,
      });
      // The card has done its work; a failure only means that the reader forgets it by itself later.
      api.clearCard(number).catch(() => undefined);
    });
  };
  useSaveKey(save, saved === null);

  if (saved) {
    return <SavedPanel reception={reception} onNew={() => reception.startOver(EMPTY)} />;
  }
  return (
    <form
      ref={page}
      className="reception"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <h2 className="hidden-text">{t('receptionTitle')}</h2>
      <div className="reception-form">
        <OtherTicket reception={reception} frame={otherTicket} />
        <OtherCard reception={reception} />
        <Identity draft={draft} mend={mend} onChange={set} />
        <section className="card">
          <h3>2. {t('s2')}</h3>
          <ProcedurePicker
            chosen={draft.procedure}
            wrong={mend === 'procedure'}
            onChoose={(procedure) => {
              setMend(null);
              setDraft((before) => (procedure ? withProcedure(before, procedure) : { ...before, procedure: null, papers: {} }));
            }}
          />
        </section>
        <section className="card">
          <h3>3. {t('s3')}</h3>
          {draft.procedure ? (
            <Checklist procedure={draft.procedure} papers={draft.papers} onPapers={(papers) => set({ papers })} scans={reception.scans} />
          ) : (
            <p className="empty">{t('chooseProcedureFirst')}</p>
          )}
        </section>
        <section className="card">
          <h3>4. {t('s4')}</h3>
          <div className="grid">
            <Radios legend={t('channel')} name="channel" values={CHANNELS} chosen={draft.channel} word={(one) => t(`channel_${one}`)} onChoose={(channel) => set({ channel })} />
            <label className="field" htmlFor={ids.received}>
              <span>{t('receivedAt')}</span>
              <input id={ids.received} readOnly value={t('now')} />
            </label>
            <label className="field" htmlFor={ids.due}>
              <span>{t('dueAt')}</span>
              <input id={ids.due} readOnly value={deadline.short} />
            </label>
            <label className="field wide" htmlFor={ids.note}>
              <span>
                {t('note')} {missingPapers(draft) > 0 ? <em>({t('required')})</em> : null}
              </span>
              <textarea
                id={ids.note}
                data-field="note"
                rows={2}
                maxLength={1000}
                required={missingPapers(draft) > 0}
                aria-invalid={mend === 'note'}
                aria-describedby={mend === 'note' ? ids.noteHint : undefined}
                value={draft.note}
                onChange={(event) => set({ note: event.target.value })}
              />
              {mend === 'note' ? <small id={ids.noteHint}>{t('needMissingReason')}</small> : null}
            </label>
          </div>
        </section>
        <section className="card">
          <h3>5. {t('s5')}</h3>
          <Radios legend={t('resultVia')} name="result" values={RESULT_CHANNELS} chosen={draft.resultChannel} word={(one) => t(`result_${one}`)} onChoose={(resultChannel) => set({ resultChannel })} />
        </section>
      </div>
      <Sum draft={draft} deadline={deadline} ticket={ticket} mend={mend} saving={running} canClear={!isEmpty(draft)} onClear={reception.clear} />
    </form>
  );
}

function Radios<V extends string>({
  legend,
  name,
  values,
  chosen,
  word,
  onChoose,
}: {
  legend: string;
  name: string;
  values: readonly V[];
  chosen: string;
  word: (value: V) => string;
  onChoose: (value: V) => void;
}) {
  return (
    <fieldset className="radios">
      <legend>{legend}</legend>
      {values.map((value) => (
        <label key={value}>
          <input type="radio" name={name} checked={chosen === value} onChange={() => onChoose(value)} />
          <span>{word(value)}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** Ctrl+S saves, as in every other program on that desk. */
function useSaveKey(save: () => void, active: boolean): void {
  const latest = useRef(save);
  latest.current = save;
  useEffect(() => {
    if (!active) return;
    const down = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 's') return;
      event.preventDefault();
      if (!event.repeat && !document.querySelector('dialog[open]')) latest.current();
    };
    addEventListener('keydown', down);
    return () => removeEventListener('keydown', down);
  }, [active]);
}
