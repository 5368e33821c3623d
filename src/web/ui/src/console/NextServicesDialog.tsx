/** What the number at this counter has still to visit: chosen in the order in which it goes on. */
import { useState } from 'react';
import type { Counter, Service, Ticket } from '../api/types';
import { SERVICES_OF_A_TICKET_MAX } from '../shared/visit';
import { useLang, type Lang } from '../text/text';
import { useDesk } from './context';
import { Dialog } from './Dialog';
import { useText } from './text';
import { useRun } from './useRun';

/** The service groups still to visit; the live picture leaves an empty list out. */
export const onTheWay = (ticket: Ticket): string[] => ticket.next_services ?? [];

/** The next service group, where this counter may go on with it at once: it serves it, and nobody expects the number back first. */
export function goesOnHere(ticket: Ticket, counter: Counter): string | null {
  const next = onTheWay(ticket)[0];
  return next !== undefined && !ticket.return_to && counter.services.includes(next) ? next : null;
}

/** Their names, in this order; a code that is no longer known stands as it is. */
export function named(codes: string[], services: Service[], lang: Lang): string {
  const name = (code: string) => {
    const found = services.find((service) => service.code === code);
    return found ? (lang === 'vi' ? found.name_vi : found.name_en) : code;
  };
  return codes.map(name).join('; ');
}

export function NextServicesDialog({ ticket, onClose }: { ticket: Ticket; onClose: () => void }) {
  const t = useText();
  const lang = useLang();
  const { api, counter, services, absorb, tell } = useDesk();
  const { run, running } = useRun();
  const [chosen, setChosen] = useState(() => onTheWay(ticket));
  const most = SERVICES_OF_A_TICKET_MAX - 1;
  const full = chosen.length >= most;
  const turn = (code: string, on: boolean) => setChosen(on ? [...chosen, code] : chosen.filter((one) => one !== code));
  const confirm = () =>
    void run(async () => {
      absorb(await api.nextServices(counter?.number ?? 0, chosen));
      const names = named(chosen, services, lang);
      tell(chosen.length > 0 ? t('doneNextServices', { label: ticket.label, names }) : t('doneNextServicesNone', { label: ticket.label }));
      onClose();
    });
  return (
    <Dialog title={t('nextServicesTitle', { label: ticket.label })} confirm={t('doNextServices')} busy={running} onConfirm={confirm} onClose={onClose}>
      <p className="soft">{t('nextServicesHint')}</p>
      <div className="choices" role="group" aria-label={t('nextServices')}>
        {services
          .filter((service) => service.code !== ticket.service)
          .map(({ code }) => {
            const place = chosen.indexOf(code);
            return (
              <label key={code}>
                <input type="checkbox" checked={place >= 0} disabled={place < 0 && full} onChange={(event) => turn(code, event.target.checked)} />
                <span>
                  {named([code], services, lang)} {place >= 0 ? <span className="badge">{place + 1}</span> : null}
                </span>
              </label>
            );
          })}
      </div>
      <p className="warn-line" role="status">
        {full ? t('nextServicesFull', { most: SERVICES_OF_A_TICKET_MAX }) : ''}
      </p>
    </Dialog>
  );
}
