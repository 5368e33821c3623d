import type { Fee, Ticket } from '../../api/types';
import { money } from '../../shared/format';
import { useLang } from '../../text/text';
import { useText } from '../text';
import { DeadlineBox, type DeadlineView } from './Deadline';
import { missingPapers, type Draft, type FieldName } from './draft';

/** What the officer reads last before saving: due date, fee, what is missing. */
export function Sum({
  draft,
  deadline,
  ticket,
  mend,
  saving,
  canClear,
  onClear,
}: {
  draft: Draft;
  deadline: DeadlineView;
  ticket: Ticket | null;
  mend: FieldName | null;
  saving: boolean;
  canClear: boolean;
  onClear: () => void;
}) {
  const t = useText();
  const missing = missingPapers(draft);
  const toMend = mend ? { number: t('needNumber'), name: t('needName'), birth: t('needBirthDate'), procedure: t('needProcedure'), note: t('needMissingReason') }[mend] : null;
  return (
    <aside className="sum">
      <section className="card">
        <h3>{t('dueAt')}</h3>
        <DeadlineBox view={deadline} procedure={draft.procedure !== null} />
      </section>
      <section className="card">
        <h3>6. {t('s6')}</h3>
        {draft.procedure ? <FeeLine fee={draft.procedure.fee} confirm={draft.procedure.needs_confirmation} /> : <p className="soft">{t('needProcedure')}</p>}
      </section>
      <section className="card">
        <p className="soft">{ticket ? t('forTicket', { label: ticket.label }) : t('withoutTicket')}</p>
        {draft.procedure && missing > 0 ? <p className="missing">{t('missingPapers', { count: missing })}</p> : null}
        {toMend ? (
          <p className="problem" role="alert">
            {toMend}
          </p>
        ) : null}
        <button type="submit" className="button green save" disabled={saving} aria-keyshortcuts="Control+S">
          <span>{saving ? t('saving') : t('saveDossier')}</span>
          <kbd>Ctrl+S</kbd>
        </button>
        <button type="button" className="link danger" disabled={!canClear || saving} onClick={onClear}>
          {t('clearForm')}
        </button>
      </section>
    </aside>
  );
}

export function FeeLine({ fee, confirm }: { fee: Fee; confirm: boolean }) {
  const t = useText();
  const lang = useLang();
  const uncertain = confirm || fee.kind === 'set_by_council';
  return (
    <>
      <p className="fee">
        {fee.kind === 'free' ? (
          t('fee_free')
        ) : (
          <>
            {t(`fee_${fee.kind}`)}
            {fee.amount_vnd !== null && fee.amount_vnd !== undefined ? (
              <>
                : <strong>{money(fee.amount_vnd, lang)}</strong>
                {fee.per ? t('feePer', { per: fee.per }) : ''}
              </>
            ) : fee.kind === 'set_by_council' ? null : (
              `: ${t('feeUnknown')}`
            )}
          </>
        )}{' '}
        {uncertain ? <span className="badge confirm">{t('needsConfirmation')}</span> : null}
      </p>
      {(fee.amount_vnd ?? null) === null && fee.kind !== 'free' ? <p className="soft">{t('feeTell')}</p> : null}
      {fee.note ? <p className="soft">{fee.note}</p> : null}
    </>
  );
}
