/** An officer gives a number: for who cannot use the kiosk, and outside the opening hours, then with a reason. */
import { useMemo, useState } from 'react';
import { requestKey } from '../api/client';
import { problemText } from '../shared/problem';
import { useResource } from '../shared/useResource';
import { useLang } from '../text/text';
import { useDesk } from './context';
import { Dialog } from './Dialog';
import { useText } from './text';
import { useRun } from './useRun';

const REASON_LENGTH_MAX = 200;

export function IssueDialog({ onClose }: { onClose: () => void }) {
  const t = useText();
  const lang = useLang();
  const { api, epoch, tell } = useDesk();
  const { run, running } = useRun();
  const offer = useResource(() => api.services(), String(epoch));
  const grounds = useResource(() => api.priorityGrounds(), String(epoch));
  const [code, setCode] = useState<string | null>(null);
  const [ground, setGround] = useState('');
  const [reason, setReason] = useState('');
  const why = reason.normalize('NFC').trim();
  // One choice is one number, however often its key is pressed.
  const key = useMemo(() => requestKey(), [code, ground, why]);
  const service = offer.data?.find((one) => one.code === code);
  // With priority a number may still be given when a regular one is not.
  const closed = (ground ? service?.priority_closed : service?.closed) ?? null;
  const name = (one: { name_vi: string; name_en: string }) => (lang === 'vi' ? one.name_vi : one.name_en);

  const confirm = () => {
    if (!service) return;
    void run(async () => {
      const issued = await api.issue(
        {
          service: service.code,
          ...(ground ? { priority_ground: ground } : {}),
          ...(closed ? { outside_hours: why } : {}),
        },
        key,
      );
      tell(t('doneIssued', { label: issued.ticket.label }));
      onClose();
    });
  };
  return (
    <Dialog
      title={t('issueTitle')}
      confirm={t('issueNumber')}
      busy={running || !service || (closed !== null && why === '')}
      onConfirm={confirm}
      onClose={onClose}
    >
      {offer.problem ? <p role="alert">{problemText(offer.problem, lang, t)}</p> : null}
      <fieldset className="choices">
        <legend>{t('colService')}</legend>
        {(offer.data ?? []).map((one) => (
          <label key={one.code}>
            <input type="radio" name="service" checked={code === one.code} onChange={() => setCode(one.code)} />
            <span>{name(one)}</span>
          </label>
        ))}
      </fieldset>
      <label className="field">
        <span>{t('colClass')}</span>
        <select value={ground} onChange={(event) => setGround(event.target.value)}>
          <option value="">{t('regular')}</option>
          {(grounds.data ?? []).map((one) => (
            <option key={one.code} value={one.code}>
              {`${t('priority')}: ${name(one)}`}
            </option>
          ))}
        </select>
      </label>
      {closed ? (
        <>
          <p className="warn-line" role="status">
            {lang === 'vi' ? closed.sentence : closed.sentence_en}
          </p>
          <label className="field">
            <span>{t('issueWhy')}</span>
            <input value={reason} maxLength={REASON_LENGTH_MAX} onChange={(event) => setReason(event.target.value)} />
          </label>
        </>
      ) : null}
    </Dialog>
  );
}
