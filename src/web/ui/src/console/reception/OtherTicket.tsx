import type { Ref } from 'react';
import { useText } from '../text';
import type { Reception } from './useReception';

/** What is typed was begun under another number than the one being served: only the officer knows whether it is one person. */
export function OtherTicket({ reception, frame }: { reception: Reception; frame: Ref<HTMLParagraphElement> }) {
  const t = useText();
  const { draft, serving, ofAnother, keepFor, clear } = reception;
  if (!ofAnother || !draft.ticket || !serving) return null;
  return (
    <p ref={frame} tabIndex={-1} className="banner card-banner other-ticket" role="alert">
      <span>{t('draftOther', { begun: draft.ticket.label, serving: serving.label })}</span>
      <span className="banner-keys">
        <button type="button" className="button" onClick={() => keepFor(serving)}>
          {t('draftSamePerson', { label: serving.label })}
        </button>
        <button type="button" className="button" onClick={clear}>
          {t('draftNew')}
        </button>
      </span>
    </p>
  );
}
