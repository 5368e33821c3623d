/** A service group by everyday words: a field, a keyboard under the fingers, and what was found. */
import { useEffect, useRef, useState } from 'react';
import type { CenterApi } from '../api/center';
import type { Service } from '../api/types';
import { useLang } from '../text/text';
import { beginsAsCard } from './card';
import { press, ROWS, within, type Key } from './keys';
import { Question, whyClosed } from './Steps';
import { useText } from './text';
import { useWays } from './useWays';
import './search.css';

export function Search({
  api,
  services,
  before,
  onChoose,
}: {
  api: CenterApi;
  services: Service[];
  /** Chosen already; a further one is asked for. */
  before: Service[];
  onChoose: (service: Service) => void;
}) {
  const t = useText();
  const [typed, setTyped] = useState('');
  // A card that is held under the reader here: nobody reads it on the screen, and the center is not asked for it.
  const isCard = beginsAsCard(typed);
  const found = useWays(api, isCard ? '' : typed);
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLUListElement>(null);
  // Whoever has a keyboard types at once; the screen's own is touched.
  useEffect(() => field.current?.focus(), []);
  const open = services.filter((service) => !before.some((one) => one.code === service.code));
  const rows: { key: string; service: Service; procedure: string | null }[] =
    found.at === 'found'
      ? found.ways.ways.flatMap(({ service: code, procedure }) => {
          const service = open.find((one) => one.code === code);
          return service ? [{ key: `${code} ${procedure ?? ''}`, service, procedure: procedure ?? null }] : [];
        })
      : found.at === 'none'
        ? open.map((service) => ({ key: service.code, service, procedure: null }))
        : [];
  return (
    <div className="search">
      <Question>{t(before.length > 0 ? 'whichOther' : 'whichService')}</Question>
      <label className="search-field">
        <span className="hidden-text">{t('searchLabel')}</span>
        <input
          ref={field}
          className={isCard ? 'card-field' : undefined}
          type="text"
          // The kiosk has its own keyboard: the system's would cover what was found.
          inputMode="none"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          placeholder={t('searchHint')}
          value={typed}
          onChange={(event) => setTyped(within(event.target.value))}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' && event.key !== 'ArrowDown') return;
            event.preventDefault();
            if (isCard) {
              setTyped('');
              return;
            }
            list.current?.querySelector<HTMLButtonElement>('button:enabled')?.focus();
          }}
        />
      </label>
      <div className="search-found">
        <p className="hidden-text" role="status">
          {found.at === 'found' ? t('searchFound', { count: rows.length }) : ''}
        </p>
        {found.at === 'found' && rows.length === 0 && !found.ways.more ? (
          <div className="search-none" role="alert">
            <p className="lead">{t('searchNone', { words: found.typed })}</p>
            <p>{t('searchNoneBody')}</p>
          </div>
        ) : null}
        {found.at === 'failed' ? (
          <div className="search-none" role="alert">
            <p className="lead">{t('searchFailed')}</p>
            <p>{t('searchFailedBody')}</p>
          </div>
        ) : null}
        <ul className="ways" ref={list}>
          {rows.map((row) => (
            <li key={row.key}>
              <Way {...row} onChoose={onChoose} />
            </li>
          ))}
        </ul>
        {found.at === 'found' && found.ways.more ? <p className="hint">{t('searchMore')}</p> : null}
      </div>
      <Keyboard onKey={(key) => setTyped((now) => press(now, key))} />
    </div>
  );
}

function Way({ service, procedure, onChoose }: { service: Service; procedure: string | null; onChoose: (service: Service) => void }) {
  const lang = useLang();
  const name = lang === 'vi' ? service.name_vi : service.name_en;
  const why = whyClosed(service);
  const closed = why ? (lang === 'vi' ? why.sentence : why.sentence_en) : null;
  const under = closed ?? (procedure ? name : null);
  return (
    <button type="button" className="way" disabled={closed !== null} onClick={() => onChoose(service)}>
      <span className="tile-letter small" aria-hidden="true">
        {service.series}
      </span>
      <span>
        {/* Procedures have Vietnamese names only. */}
        <strong lang={procedure ? 'vi' : undefined}>{procedure ?? name}</strong>
        {under ? <span className="way-under">{under}</span> : null}
      </span>
    </button>
  );
}

function Keyboard({ onKey }: { onKey: (key: Key) => void }) {
  const t = useText();
  // A touched key leaves the focus in the field, where a real keyboard goes on.
  const stay = (event: { preventDefault: () => void }) => event.preventDefault();
  const rest: [Key, string, string][] = [
    ['clear', 'keyClear', t('keyClear')],
    ['space', 'keySpace', t('keySpace')],
    ['back', 'keyBack', t('keyBack')],
  ];
  return (
    <div className="keyboard" role="group" aria-label={t('keyboard')} onMouseDown={stay}>
      {ROWS.map((row) => (
        <div key={row[0]} className="keyboard-row">
          {row.map((letter) => (
            <button key={letter} type="button" className="letter" onClick={() => onKey({ letter })}>
              {letter}
            </button>
          ))}
        </div>
      ))}
      <div className="keyboard-row">
        {rest.map(([key, name, said]) => (
          <button key={name} type="button" className={key === 'space' ? 'letter wide' : 'letter word-key'} onClick={() => onKey(key)}>
            {said}
          </button>
        ))}
      </div>
    </div>
  );
}
