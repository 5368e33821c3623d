import type { Sex } from '../../api/types';
import { useText } from '../text';
import { parseCardLine, withCard, type Draft, type FieldName } from './draft';

export function Identity({ draft, mend, onChange }: { draft: Draft; mend: FieldName | null; onChange: (change: Partial<Draft>) => void }) {
  const t = useText();
  const typed = (change: Partial<Draft>) => onChange({ ...change, fromCard: false });
  const number = (text: string) => {
    const card = text.includes('|') ? parseCardLine(text) : null;
    if (card) onChange(withCard(draft, card));
    else typed({ number: text.trim() });
  };
  return (
    <section className="card">
      <h3>1. {t('s1')}</h3>
      {draft.fromCard ? <p className="declared">{t('cardDeclared')}</p> : null}
      <div className="grid">
        <label className="field">
          <span>{t('citizenNumber')}</span>
          <input
            data-field="number"
            inputMode="numeric"
            autoComplete="off"
            spellCheck={false}
            aria-invalid={mend === 'number'}
            aria-describedby="number-hint"
            value={draft.number}
            onChange={(event) => number(event.target.value)}
            onKeyDown={(event) => {
              // A scanner ends its line with Enter, which must not save the dossier.
              if (event.key === 'Enter') event.preventDefault();
            }}
          />
          <small id="number-hint">{mend === 'number' ? t('needNumber') : t('citizenNumberHint')}</small>
        </label>
        <label className="field wide2">
          <span>
            {t('fullName')} <em>({t('required')})</em>
          </span>
          <input
            data-field="name"
            autoComplete="off"
            spellCheck={false}
            required
            maxLength={200}
            aria-invalid={mend === 'name'}
            aria-describedby={mend === 'name' ? 'name-hint' : undefined}
            value={draft.name}
            onChange={(event) => typed({ name: event.target.value })}
          />
          {mend === 'name' ? <small id="name-hint">{t('needName')}</small> : null}
        </label>
        <label className="field">
          <span>{t('birthDate')}</span>
          <input
            data-field="birth"
            autoComplete="off"
            inputMode="numeric"
            placeholder="dd/mm/yyyy"
            aria-invalid={mend === 'birth'}
            aria-describedby="birth-hint"
            value={draft.birth}
            onChange={(event) => typed({ birth: event.target.value })}
          />
          <small id="birth-hint">{mend === 'birth' ? t('needBirthDate') : t('birthDateHint')}</small>
        </label>
        <label className="field">
          <span>{t('sex')}</span>
          <select value={draft.sex} onChange={(event) => typed({ sex: event.target.value as Sex | '' })}>
            <option value="">{t('notSaid')}</option>
            <option value="male">{t('male')}</option>
            <option value="female">{t('female')}</option>
          </select>
        </label>
        <label className="field">
          <span>{t('phone')}</span>
          <input autoComplete="off" inputMode="tel" maxLength={30} value={draft.phone} onChange={(event) => onChange({ phone: event.target.value })} />
        </label>
        <label className="field wide">
          <span>{t('address')}</span>
          <input autoComplete="off" spellCheck={false} maxLength={500} value={draft.address} onChange={(event) => typed({ address: event.target.value })} />
        </label>
      </div>
    </section>
  );
}
