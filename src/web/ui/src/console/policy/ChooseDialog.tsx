/** From what to what, and why: nothing is changed before a reason is there. */
import { useId, useRef, useState } from 'react';
import { requestKey } from '../../api/client';
import type { Policy } from '../../api/types';
import { useDesk } from '../context';
import { Dialog } from '../Dialog';
import { useRun } from '../useRun';
import { sentence } from './logic';
import type { Asked } from './PolicyPage';
import { useText } from './text';

export function ChooseDialog({ policy, asked, onClose }: { policy: Policy; asked: Asked; onClose: () => void }) {
  const t = useText();
  const { api, tell } = useDesk();
  const { run, running } = useRun();
  const [reason, setReason] = useState('');
  const [missing, setMissing] = useState(false);
  // Pressed again after a cut line it is the same request.
  const key = useRef(requestKey());
  const id = useId();
  const { to } = asked;
  const confirm = () => {
    const why = reason.trim();
    setMissing(why === '');
    if (why === '') return;
    void run(async () => {
      if (to) await api.choosePolicy({ ...to, reason: why, seen: policy.number }, key.current);
      else await api.deliveredPolicy(why, policy.number, key.current);
      tell(t('doneChosen'));
      onClose();
    });
  };
  return (
    <Dialog title={t('askTitle')} confirm={t('confirm')} busy={running} onClose={onClose} onConfirm={confirm}>
      <p>{t('askFrom', { rule: sentence(policy.in_force, t) })}</p>
      <p>
        <strong>{t('askTo', { rule: sentence(to ?? policy.delivered, t) })}</strong>
        {to ? null : <span className="badge">{t('delivered')}</span>}
      </p>
      <p className="soft">{t('askHint')}</p>
      <label className="field">
        <span>{t('reason')}</span>
        <input
          value={reason}
          maxLength={policy.bounds.reason_length_max}
          required
          aria-invalid={missing}
          aria-describedby={missing ? id : undefined}
          onChange={(event) => {
            setReason(event.target.value);
            // Another text is another request.
            key.current = requestKey();
          }}
        />
      </label>
      {missing ? (
        <p id={id} className="missing" role="alert">
          {t('needReason')}
        </p>
      ) : null}
    </Dialog>
  );
}
