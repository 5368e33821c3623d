import { useText } from '../text';
import { isUntouched } from './draft';
import { unsent } from './useScans';
import type { Reception } from './useReception';

/** Another person's card is on the reader while a draft or a saved dossier stands: nothing is overwritten unasked. */
export function OtherCard({ reception }: { reception: Reception }) {
  const t = useText();
  const { otherCard, takeCard, saved, draft, scans } = reception;
  if (!otherCard) return null;
  const next = saved !== null || isUntouched(draft);
  const sending = saved !== null && unsent(scans.files).length > 0;
  return (
    <p className="banner card-banner" role="alert">
      <span>{t(next ? 'cardNext' : 'cardOther', { name: otherCard.card.name })}</span>
      <button type="button" className="button" disabled={sending} onClick={() => takeCard(otherCard)}>
        {t(saved ? 'useCardNext' : 'useCard')}
      </button>
    </p>
  );
}
