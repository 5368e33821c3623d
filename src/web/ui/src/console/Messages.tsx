import type { Message } from '../api/types';
import { dateTime } from '../shared/format';
import { useDesk } from './context';
import { useText } from './text';
import { useRun } from './useRun';

/** A message from the province stands over every page until this officer has read it. */
export function MessageBanner({ messages }: { messages: Message[] }) {
  const t = useText();
  return (
    <div role="region" aria-live="assertive" aria-label={t('messagesTitle')}>
      {messages.map((message) => (
        <div key={message.id} className="banner message">
          <p>
            <strong>{message.text}</strong>
            <span className="soft">{t('messageFrom', { from: message.from, time: dateTime(message.at) })}</span>
          </p>
          <Acknowledge message={message} />
        </div>
      ))}
    </div>
  );
}

function Acknowledge({ message }: { message: Message }) {
  const t = useText();
  const { api } = useDesk();
  const { run, running } = useRun();
  return (
    <button
      type="button"
      className="button blue"
      disabled={running}
      onClick={() => void run(() => api.markRead(message.id).then(() => undefined))}
    >
      {t('acknowledge')}
    </button>
  );
}

export function MessagesPage({ messages, officer }: { messages: Message[]; officer: string }) {
  const t = useText();
  const newest = [...messages].sort((a, b) => b.at.localeCompare(a.at));
  return (
    <section className="card">
      <h2>{t('messagesTitle')}</h2>
      {newest.length === 0 ? <p className="empty">{t('noMessages')}</p> : null}
      <ul className="messages">
        {newest.map((message) => {
          const read = message.readers.includes(officer);
          return (
            <li key={message.id} className={read ? undefined : 'unread'}>
              <p>
                {read ? message.text : <strong>{message.text}</strong>}
                <span className="soft">
                  {t('messageFrom', { from: message.from, time: dateTime(message.at) })}
                  {message.read_at ? `. ${t('readAt', { time: dateTime(message.read_at), count: message.readers.length })}` : ''}
                </span>
              </p>
              {read ? null : <Acknowledge message={message} />}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
