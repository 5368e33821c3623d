import { useEffect, useRef, type ReactNode } from 'react';
import type { PriorityGround, Service } from '../api/types';
import { useLang } from '../text/text';
import { useText } from './text';

/** `onCard`: nothing where no reader stands. */
export function Start({ onStart, onBooking, onCard }: { onStart: () => void; onBooking: () => void; onCard: (() => void) | null }) {
  const t = useText();
  return (
    <>
      <h1 className="hidden-text">{t('title')}</h1>
      <button type="button" className="start" onClick={onStart}>
        <span className="start-mark" aria-hidden="true" />
        <span>{t('start')}</span>
      </button>
      <div className="actions">
        <button type="button" className="key" onClick={onBooking}>
          {t('haveBooking')}
        </button>
        {onCard ? (
          <button type="button" className="key" onClick={onCard}>
            {t('cardUse')}
          </button>
        ) : null}
      </div>
    </>
  );
}

/** Why a service gives no number to anybody. With priority there may still be one when there is none without. */
export const whyClosed = (service: Service) => (service.closed && service.priority_closed !== null ? service.closed : null);

/** A new question takes the focus, so that a reader speaks it and the keyboard goes on from it. */
export function Question({ children }: { children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <h1 className="question" tabIndex={-1} ref={heading}>
      {children}
    </h1>
  );
}

/** `before`: chosen already; a further one is asked for. */
export function Services({
  services,
  before,
  onChoose,
  onSearch,
}: {
  services: Service[];
  before: Service[];
  onChoose: (service: Service) => void;
  onSearch: () => void;
}) {
  const t = useText();
  const lang = useLang();
  return (
    <>
      <div className="question-row">
        <Question>{t(before.length > 0 ? 'whichOther' : 'whichService')}</Question>
        <button type="button" className="key" onClick={onSearch}>
          {t('search')}
        </button>
      </div>
      <ul className={services.length > 6 ? 'tiles dense' : 'tiles'}>
        {services.filter((service) => !before.some((one) => one.code === service.code)).map((service) => {
          const waiting = service.waiting_regular + service.waiting_priority;
          return (
            <li key={service.code}>
              <button type="button" className="tile" disabled={whyClosed(service) !== null} onClick={() => onChoose(service)}>
                <span className="tile-letter" aria-hidden="true">
                  {service.series}
                </span>
                <span className="tile-name">{lang === 'vi' ? service.name_vi : service.name_en}</span>
                {service.closed ? (
                  <span className="tile-waiting">
                    {lang === 'vi' ? service.closed.sentence : service.closed.sentence_en}
                    {whyClosed(service) === null ? <strong className="come-by">{t('priorityOnly')}</strong> : null}
                  </span>
                ) : (
                  <span className="tile-waiting">
                    {waiting > 0 ? t('waiting', { count: waiting }) : t('noneWaiting')}
                    {service.come_by ? <strong className="come-by">{t('comeBy', { at: service.come_by })}</strong> : null}
                    {service.priority_come_by && service.priority_come_by !== service.come_by ? (
                      <span className="come-by">{t('priorityComeBy', { at: service.priority_come_by })}</span>
                    ) : null}
                  </span>
                )}
              </button>
            </li>
          );
        })}
      </ul>
    </>
  );
}

export function Grounds({
  chosen,
  grounds,
  onMore,
  onChoose,
}: {
  /** In the order of choosing. */
  chosen: Service[];
  grounds: PriorityGround[];
  /** Nothing where no further service can be added. */
  onMore: (() => void) | null;
  onChoose: (ground: string | null) => void;
}) {
  const t = useText();
  const lang = useLang();
  const regularClosed = chosen.some((service) => service.closed);
  return (
    <>
      <Question>{t('anyPriority')}</Question>
      <div className="chosen">
        {chosen.map((service) => (
          <p key={service.code}>
            <span className="tile-letter small" aria-hidden="true">
              {service.series}
            </span>
            {lang === 'vi' ? service.name_vi : service.name_en}
          </p>
        ))}
        {onMore ? (
          <button type="button" className="key quiet" onClick={onMore}>
            {t('moreToDo')}
          </button>
        ) : null}
      </div>
      <button type="button" className="tile no-priority" disabled={regularClosed} onClick={() => onChoose(null)}>
        {regularClosed ? t('priorityOnly') : t('noPriority')}
      </button>
      <ul className="tiles grounds">
        {grounds.map((ground) => (
          <li key={ground.code}>
            <button type="button" className="tile ground" onClick={() => onChoose(ground.code)}>
              {lang === 'vi' ? ground.name_vi : ground.name_en}
            </button>
          </li>
        ))}
      </ul>
      <p className="hint">{t('priorityHint')}</p>
    </>
  );
}
