/** The code of a booking: by a reader that types, a keyboard, or keys on the screen, for a kiosk has no other. */
import { useEffect, useRef, useState } from 'react';
import { BOOKING_CODE_LENGTH, bookingLetters, bookingShown } from '../shared/booking';
import { Question } from './Steps';
import { useText } from './text';
import './pads.css';

const KEYS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'.split('');

export function CodePad({ onCode }: { onCode: (code: string) => void }) {
  const t = useText();
  const [code, setCode] = useState('');
  const field = useRef<HTMLInputElement>(null);
  // A reader types where the focus is.
  useEffect(() => field.current?.focus(), []);
  const whole = code.length === BOOKING_CODE_LENGTH;
  return (
    <form
      className="code-pad"
      onSubmit={(event) => {
        event.preventDefault();
        if (whole) onCode(code);
      }}
    >
      <Question>{t('bookingCode')}</Question>
      <p className="hint" id="code-hint">
        {t('bookingCodeHint')}
      </p>
      <p className="hint">{t('ownHint')}</p>
      <input
        ref={field}
        className="code-field"
        aria-label={t('bookingCode')}
        aria-describedby="code-hint"
        autoComplete="off"
        autoCapitalize="characters"
        spellCheck={false}
        inputMode="none"
        value={bookingShown(code)}
        onChange={(event) => setCode(bookingLetters(event.target.value))}
      />
      <div className="code-keys">
        {KEYS.map((letter) => (
          <button key={letter} type="button" className="key quiet" disabled={whole} onClick={() => setCode(bookingLetters(code + letter))}>
            {letter}
          </button>
        ))}
      </div>
      <div className="actions">
        <button type="button" className="key quiet" disabled={code === ''} onClick={() => setCode(code.slice(0, -1))}>
          {t('bookingDelete')}
        </button>
        <button type="submit" className="key primary" disabled={!whole}>
          {t('bookingTake')}
        </button>
      </div>
    </form>
  );
}
