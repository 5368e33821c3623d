import { useId } from 'react';
import type { Counter } from '../api/types';
import { Modal } from '../shared/Modal';
import { useLang } from '../text/text';
import { useDesk } from './context';
import { leftAt } from './Counter';
import { useText } from './text';
import { useRun } from './useRun';

/** Who logs out with an open counter says what becomes of it: a counter that is kept is closed to everybody else. */
export function LogoutDialog({
  counters,
  unfinished,
  onLogout,
  onClose,
}: {
  counters: Counter[];
  unfinished: boolean;
  onLogout: () => void;
  onClose: () => void;
}) {
  const t = useText();
  const lang = useLang();
  const { api, queue, absorb } = useDesk();
  const { run, running } = useRun();
  const why = useId();
  const tickets = queue?.tickets ?? [];
  const left = counters.flatMap((counter) => leftAt(tickets, counter));
  const line = (counter: Counter) => {
    const ticket = tickets.find((one) => one.id === counter.current);
    const where = { number: counter.number, name: counter.name };
    return ticket
      ? t('logoutServing', { ...where, state: t(`state_${ticket.state}`).toLocaleLowerCase(lang), label: ticket.label })
      : t('logoutIdle', { ...where, state: t(`counter_${counter.state}`).toLocaleLowerCase(lang) });
  };
  return (
    <Modal title={t('logoutTitle')} onClose={onClose}>
      <div className="dialog-body">
        {counters.map((counter) => (
          <p key={counter.number}>
            <strong>{line(counter)}</strong>
          </p>
        ))}
        <p>{t('logoutKept')}</p>
        {left.length > 0 ? (
          <p id={why} className="missing">
            {t('finishFirst', { labels: left.join(', ') })}
          </p>
        ) : null}
        {unfinished ? <p className="missing">{t('logoutDraft')}</p> : null}
      </div>
      <div className="dialog-foot three">
        <button type="button" className="button" onClick={onClose}>
          {t('back')}
        </button>
        <button type="button" className="button" disabled={running} onClick={onLogout}>
          {t('logoutKeep')}
        </button>
        <button
          type="button"
          className="button blue"
          disabled={running || left.length > 0}
          aria-describedby={left.length > 0 ? why : undefined}
          onClick={() =>
            void run(async () => {
              for (const { number } of counters) absorb(await api.closeCounter(number));
              onLogout();
            })
          }
        >
          {t('logoutClose')}
        </button>
      </div>
    </Modal>
  );
}
