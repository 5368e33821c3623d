import { useState } from 'react';
import type { Service, Ticket } from '../api/types';
import { useLang } from '../text/text';
import { useDesk } from './context';
import { Dialog } from './Dialog';
import { useText } from './text';
import { useRun } from './useRun';

export function TransferDialog({ ticket, onClose }: { ticket: Ticket; onClose: () => void }) {
  const t = useText();
  const lang = useLang();
  const { api, counter, queue, services, absorb, tell } = useDesk();
  const { run, running } = useRun();
  const [target, setTarget] = useState<string | null>(null);
  const [returnHere, setReturnHere] = useState(false);
  const number = counter?.number ?? 0;
  const counters = (queue?.counters ?? []).filter((one) => one.number !== number && one.state !== 'closed');
  const others = services.filter((service) => service.code !== ticket.service);

  const serviceName = (one: Service | undefined) => (one ? (lang === 'vi' ? one.name_vi : one.name_en) : '');
  const served = (code: string) => (queue?.counters ?? []).some((one) => one.state === 'open' && one.services.includes(code));
  const unserved = target?.startsWith('service:') && !served(target.slice('service:'.length));

  const confirm = () => {
    if (!target) return;
    const [kind, value = ''] = target.split(':');
    void run(async () => {
      const to =
        kind === 'counter' ? t('counterNumber', { number: Number(value) }) : serviceName(others.find((one) => one.code === value));
      const wish = kind === 'counter' ? { counter: Number(value) } : { service: value };
      absorb(await api.transfer(number, returnHere ? { ...wish, return_here: true } : wish));
      tell(t('doneTransferred', { label: ticket.label, to }));
      onClose();
    });
  };
  const choice = (value: string, label: string) => (
    <label key={value}>
      <input type="radio" name="target" checked={target === value} onChange={() => setTarget(value)} />
      <span>{label}</span>
    </label>
  );
  return (
    <Dialog
      title={t('transferTitle', { label: ticket.label })}
      confirm={t('doTransfer')}
      busy={running || target === null}
      onConfirm={confirm}
      onClose={onClose}
    >
      <p className="soft">{t('transferHint')}</p>
      <div className="two">
        <fieldset className="choices">
          <legend>{t('toCounter')}</legend>
          {counters.length === 0 ? <p className="soft">{t('noOtherCounter')}</p> : null}
          {counters.map((one) => choice(`counter:${one.number}`, `${t('counterNumber', { number: one.number })} - ${one.name}`))}
        </fieldset>
        <fieldset className="choices">
          <legend>{t('toService')}</legend>
          {others.map((one) =>
            choice(`service:${one.code}`, `${serviceName(one)}${served(one.code) ? '' : ` (${t('nobodyServesShort')})`}`),
          )}
        </fieldset>
      </div>
      <label className="return-here">
        <input type="checkbox" checked={returnHere} disabled={Boolean(ticket.return_to)} onChange={(event) => setReturnHere(event.target.checked)} />
        <span>{t('returnHere')}</span>
      </label>
      <p className="soft">{ticket.return_to ? t('returnTaken', { number: ticket.return_to }) : t('returnHereHint')}</p>
      <p className="warn-line" role="status">
        {unserved ? t('nobodyServes') : ''}
      </p>
    </Dialog>
  );
}
