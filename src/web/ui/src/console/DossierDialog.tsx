import { useEffect, useState } from 'react';
import { Modal } from '../shared/Modal';
import { dateTime, date, longDate, clock } from '../shared/format';
import { problemText } from '../shared/problem';
import { useLang } from '../text/text';
import { useDesk } from './context';
import { Attachments, SavedChecklist } from './reception/Checklist';
import { useLeaveGuard } from './reception/useLeaveGuard';
import { unsent, useScans } from './reception/useScans';
import { useText } from './text';
import { RETURNED, custodyLines, returnLines, useUnits } from './units';
import { useResource } from '../shared/useResource';

/** One dossier for reading, and for a scan that comes later. Opening it is written to the access log by the server. */
export function DossierDialog({ id, code, onClose }: { id: string; code: string; onClose: () => void }) {
  const t = useText();
  const lang = useLang();
  const { api, epoch } = useDesk();
  const { name } = useUnits();
  const [sent, setSent] = useState(0);
  const scans = useScans(api, id, () => setSent((count) => count + 1));
  const { data: answer, problem } = useResource(() => api.dossier(id), `${id}|${epoch}|${sent}`);
  const data = answer?.dossier;
  // A scan that the dossier shows by itself need not stand there twice.
  const shown = data?.components.flatMap((component) => component.scans).length ?? 0;
  const { forgetSent } = scans;
  useEffect(forgetSent, [shown, forgetSent]);
  useLeaveGuard(unsent(scans.files).length > 0);
  const returned = data ? returnLines(data, t) : [];
  const custody = data ? custodyLines(data, name, t) : [];
  const mayAttach = data !== undefined && data.custody.state === 'held' && data.state !== RETURNED;
  return (
    <Modal title={t('detailOf', { code })} broad onClose={onClose}>
      <div className="dialog-body">
        {problem ? <p className="problem">{problemText(problem, lang, t)}</p> : null}
        {!data && !problem ? <p className="soft">{t('loading')}</p> : null}
        {data ? (
          <>
            <dl className="facts">
              <dt>{t('colOwner')}</dt>
              <dd>
                <strong>{data.applicant.name}</strong>
                {[data.applicant.citizen_number, data.applicant.birth_date ? date(data.applicant.birth_date) : null, data.applicant.phone, data.applicant.address]
                  .filter(Boolean)
                  .map((line, n) => (
                    <span key={n}>{line}</span>
                  ))}
              </dd>
              <dt>{t('s2')}</dt>
              <dd>
                {data.procedure_name} <span className="soft">{t('procedureCode', { code: data.procedure })}</span>
              </dd>
              <dt>{t('receivedAt')}</dt>
              <dd>{dateTime(data.received_at)}</dd>
              {data.ticket_label ? (
                <>
                  <dt>{t('colNumber')}</dt>
                  <dd>{data.ticket_label}</dd>
                </>
              ) : null}
              <dt>{t('dueAt')}</dt>
              <dd>{`${clock(data.deadline.due)} ${longDate(data.deadline.due, lang)}`}</dd>
              <dt>{t('resultVia')}</dt>
              <dd>{t(`result_${data.result_channel}`)}</dd>
              {returned.length > 0 ? (
                <>
                  <dt>{t('returnTitle')}</dt>
                  <dd>
                    {returned.map((line, n) => (
                      <span key={n}>{line}</span>
                    ))}
                  </dd>
                </>
              ) : null}
              {data.origin !== data.holder ? (
                <>
                  <dt>{t('receivedBy')}</dt>
                  <dd>{name(data.origin)}</dd>
                </>
              ) : null}
              {custody.length > 0 ? (
                <>
                  <dt>{t('navHandOver')}</dt>
                  <dd>
                    {custody.map((line, n) => (
                      <span key={n}>{line}</span>
                    ))}
                  </dd>
                </>
              ) : null}
              {data.note ? (
                <>
                  <dt>{t('note')}</dt>
                  <dd>{data.note}</dd>
                </>
              ) : null}
            </dl>
            <SavedChecklist
              components={data.components}
              files={(component) => (
                <>
                  {component.scans.map((scan, n) =>
                    scan.here ? (
                      <a key={scan.sha256} href={api.blobAddress(scan.sha256)} target="_blank" rel="noreferrer">
                        {scan.name ?? t('openScan', { n: n + 1 })}
                      </a>
                    ) : (
                      <span key={scan.sha256} className="soft">
                        {t('scanElsewhere', { name: scan.name ?? t('scanNumber', { n: n + 1 }) })}
                      </span>
                    ),
                  )}
                  {mayAttach ? <Attachments seq={component.seq} name={component.name} scans={scans} /> : null}
                </>
              )}
            />
          </>
        ) : null}
      </div>
      <div className="dialog-foot">
        <a className="button" href={api.slipAddress(id)} target="_blank" rel="noreferrer">
          {t('slipPdf')}
        </a>
        <button type="button" className="button blue" onClick={onClose}>
          {t('close')}
        </button>
      </div>
    </Modal>
  );
}
