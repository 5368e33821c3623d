/** The present service is done and this counter serves the next one too: go on at once, or let the number wait. */
import { useState } from 'react';
import type { Ticket } from '../api/types';
import { useLang } from '../text/text';
import { useDesk } from './context';
import { Dialog } from './Dialog';
import { named } from './NextServicesDialog';
import { useText } from './text';
import { useRun } from './useRun';

export function GoOnDialog({
  ticket,
  next,
  finish,
  onClose,
}: {
  ticket: Ticket;
  next: string;
  finish: () => Promise<void>;
  onClose: () => void;
}) {
  const t = useText();
  const lang = useLang();
  const { api, counter, services, absorb, tell } = useDesk();
  const { run, running } = useRun();
  const [atOnce, setAtOnce] = useState(true);
  const name = named([next], services, lang);
  const confirm = () =>
    void run(async () => {
      if (atOnce) {
        absorb(await api.goOn(counter?.number ?? 0));
        tell(t('doneGoOn', { label: ticket.label, next: name }));
      } else await finish();
      onClose();
    });
  // The first choice has the focus: F9 and Enter go on.
  return (
    <Dialog
      title={t('goOnTitle', { service: named([ticket.service], services, lang), label: ticket.label, next: name })}
      confirm={t('complete')}
      busy={running}
      onClose={onClose}
      onConfirm={confirm}
    >
      <p className="soft">{t('goOnHint', { next: name })}</p>
      <div role="radiogroup" aria-label={t('nextServices')} className="choices">
        <label>
          <input type="radio" name="go-on" checked={atOnce} onChange={() => setAtOnce(true)} />
          <span>{t('goOn')}</span>
        </label>
        <label>
          <input type="radio" name="go-on" checked={!atOnce} onChange={() => setAtOnce(false)} />
          <span>{t('letWait')}</span>
        </label>
      </div>
    </Dialog>
  );
}
