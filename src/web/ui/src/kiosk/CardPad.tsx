/** A citizen card's QR code, by a reader that types. What it types is not shown: others stand behind. */
import { useEffect, useRef, useState } from 'react';
import { CARD_LENGTH_MAX, looksLikeCard } from './card';
import { Question } from './Steps';
import { useText } from './text';
import './pads.css';

export function CardPad({ onCard }: { onCard: (line: string) => void }) {
  const t = useText();
  const [line, setLine] = useState('');
  const [unread, setUnread] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  // A reader types where the focus is.
  useEffect(() => field.current?.focus(), []);
  return (
    <form
      className="code-pad"
      onSubmit={(event) => {
        event.preventDefault();
        if (looksLikeCard(line)) onCard(line);
        setUnread(line !== '');
        setLine('');
      }}
    >
      <Question>{t('cardAsk')}</Question>
      <p className="hint" id="card-hint">
        {t('cardHint')}
      </p>
      <input
        ref={field}
        className="code-field card-field"
        aria-label={t('cardAsk')}
        aria-describedby="card-hint"
        autoComplete="off"
        spellCheck={false}
        inputMode="none"
        maxLength={CARD_LENGTH_MAX}
        value={line}
        onChange={(event) => setLine(event.target.value)}
      />
      {unread ? (
        <p className="hint" role="alert">
          {t('cardUnread')}
        </p>
      ) : null}
    </form>
  );
}
