/** What this counter called today, also what has gone on from here since: where to, and where it is now. */
import { useState } from 'react';
import type { CounterCall, Ticket } from '../api/types';
import { clock } from '../shared/format';
import { problemText } from '../shared/problem';
import { useResource } from '../shared/useResource';
import { useLang, type Lang } from '../text/text';
import { useDesk } from './context';
import { useText, type Text } from './text';

/** So many stand there without asking. */
const SHOWN = 8;

/** The ticket as the newest of both knows it: what is live does not have numbers that are over. */
export function newest(call: CounterCall, live: Ticket[]): Ticket {
  const seen = live.find((ticket) => ticket.id === call.ticket.id);
  return seen && seen.rev > call.ticket.rev ? seen : call.ticket;
}

/** How the call went on, and for a number that left this counter where it is now. */
export function told(call: CounterCall, ticket: Ticket, t: Text, lang: Lang, service: (code: string) => string) {
  const state = t(`state_${ticket.state}`).toLocaleLowerCase(lang);
  if (!call.ended) return { how: state, now: null };
  const { end, at, counter, service: code } = call.ended;
  const time = clock(at);
  const number = counter ?? '';
  const name = service(code ?? '');
  const said: Record<typeof end, string> = {
    to_counter: t('movedToCounter', { number, time }),
    to_service: t('movedToService', { name, time }),
    came_back: t('cameBack', { time }),
    carried_over: t('movedToNextDay'),
    to_next: t('servedToNext', { name, time }),
    went_on: t('servedWentOn', { name, time }),
    returned_to: t('servedReturned', { number, time }),
  };
  const how = said[end];
  const now = ticket.counter ? t('nowAtCounter', { state, number: ticket.counter }) : t('nowIn', { state });
  return { how, now };
}

export function CallHistory({ counter, service }: { counter: number; service: (code: string) => string }) {
  const t = useText();
  const lang = useLang();
  const { api, current, queue, epoch } = useDesk();
  const [whole, setWhole] = useState(false);
  // Read again when the number here moves, and when any number is over: it may have been called here.
  const over = (queue?.completed ?? 0) + (queue?.no_show ?? 0) + (queue?.cancelled ?? 0);
  const { data, problem } = useResource(() => api.callsOf(counter), `${epoch}|${counter}|${current?.id}|${current?.state}|${current?.service}|${over}`);
  const calls = data?.calls ?? [];
  return (
    <section className="card">
      <h2>{t('history')}</h2>
      {data ? <p className="soft">{t('servedToday', { count: data.served })}</p> : null}
      {data && calls.length === 0 ? <p className="empty">{t('noHistory')}</p> : null}
      {!data && problem ? <p className="empty">{problemText(problem, lang, t)}</p> : null}
      <ol className="history">
        {calls.slice(0, whole ? undefined : SHOWN).map((call) => {
          const { how, now } = told(call, newest(call, queue?.tickets ?? []), t, lang, service);
          return (
            <li key={`${call.ticket.id} ${call.called_at}`}>
              <span className="history-head">
                <strong className="label">{call.ticket.label}</strong>
                <span className="soft">
                  {clock(call.called_at)}, {how}
                </span>
              </span>
              {now ? <span className="history-now">{now}</span> : null}
              {call.reason ? <span className="history-why">{lang === 'vi' ? call.reason.sentence : call.reason.sentence_en}</span> : null}
            </li>
          );
        })}
      </ol>
      {whole && data?.more ? <p className="soft">{t('moreCalls', { count: data.more })}</p> : null}
      {calls.length > SHOWN ? (
        <button type="button" className="link" aria-expanded={whole} onClick={() => setWhole(!whole)}>
          {whole ? t('fewerCalls') : t('allCalls', { count: calls.length })}
        </button>
      ) : null}
    </section>
  );
}
