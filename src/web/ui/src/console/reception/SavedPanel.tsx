import { useEffect, useRef } from 'react';
import { useDesk } from '../context';
import { useText } from '../text';
import { useRun } from '../useRun';
import { Attachments, SavedChecklist } from './Checklist';
import { DeadlineBox } from './Deadline';
import { useLang } from '../../text/text';
import { OtherCard } from './OtherCard';
import { unsent } from './useScans';
import { useSlip, type Slip } from './useSlip';
import type { Reception } from './useReception';

export function SavedPanel({ reception, onNew }: { reception: Reception; onNew: () => void }) {
  const t = useText();
  const { api, counter } = useDesk();
  const { run, running } = useRun();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // The form was scrolled down to its end; what was saved stands at the top.
    heading.current?.closest('.work')?.scrollTo(0, 0);
    heading.current?.focus();
  }, []);
  const saved = reception.saved;
  const slip = useSlip(api, saved?.printJob ?? null);
  if (!saved) return null;
  const { dossier, deadline, ratingOpened, ticket } = saved;
  const { serving, savedOfAnother } = reception;
  const left = unsent(reception.scans.files).length;
  return (
    <div className="saved">
      {savedOfAnother && serving ? (
        <p className="banner card-banner" role="alert">
          <span>
            {ticket
              ? t('savedOther', { code: dossier.code, label: ticket.label, serving: serving.label })
              : t('savedOtherNone', { code: dossier.code, serving: serving.label })}
          </span>
        </p>
      ) : null}
      <OtherCard reception={reception} />
      <section className="card">
        <h2 ref={heading} tabIndex={-1}>
          {t('savedTitle', { code: dossier.code })}
        </h2>
        <p>
          {dossier.applicant.name}. {dossier.procedure_name}
        </p>
        <DeadlineBox view={{ preview: deadline, counting: false, problem: undefined, short: '' }} procedure />
        <SlipLine slip={slip} />
        {ratingOpened ? <p className="good">{t('ratingOpened')}</p> : null}
        <div className="saved-actions">
          <a className="button blue" href={api.slipAddress(dossier.id)} target="_blank" rel="noreferrer">
            {t('slipPdf')}
          </a>
          <button
            type="button"
            className="button"
            disabled={running || !(slip.at === 'printed' || slip.at === 'none')}
            onClick={() =>
              void run(async () => {
                const job = await api.printSlip(dossier.id, counter?.number ?? 0);
                reception.setSaved({ ...saved, printJob: job.id });
              })
            }
          >
            {t('slipAgain')}
          </button>
          <button type="button" className="button green" disabled={left > 0} onClick={onNew}>
            {t('newDossier')}
          </button>
        </div>
        {left > 0 ? <p className="missing">{t('uploadsLeft', { count: left })}</p> : null}
      </section>
      <section className="card">
        <h3>{t('s3')}</h3>
        <SavedChecklist
          components={dossier.components}
          files={({ seq, name }) => <Attachments seq={seq} name={name} scans={reception.scans} />}
        />
      </section>
    </div>
  );
}

/** The short slip prints by itself when the dossier is saved; the officer is told how that goes. */
function SlipLine({ slip }: { slip: Slip }) {
  const t = useText();
  const lang = useLang();
  const why = slip.at === 'blocked' ? (lang === 'vi' ? slip.job.message : slip.job.message_en) : null;
  return (
    <p className={slip.at === 'printed' ? 'good' : slip.at === 'blocked' || slip.at === 'unknown' || slip.at === 'none' ? 'missing' : 'soft'} role="status">
      {t(`slip_${slip.at}`)}
      {why ? ` ${why}` : ''}
    </p>
  );
}
