import { useState } from 'react';
import type { DossierRow, DossierView } from '../api/types';
import { harmless } from '../shared/harmless';
import { useDesk } from './context';
import { Dialog } from './Dialog';
import { DossierList, useDossiers } from './DossierList';
import { useText } from './text';
import { useRun } from './useRun';

export function ReturnPage() {
  const t = useText();
  const [view, setView] = useState<DossierView>('ready');
  const dossiers = useDossiers(view);
  const [giving, setGiving] = useState<DossierRow | null>(null);
  const [entering, setEntering] = useState<DossierRow | null>(null);
  return (
    <>
      <DossierList
        title={t('returnTitle')}
        views={[
          { view: 'ready', label: t('viewReady') },
          { view: 'open', label: t('viewOpen') },
          { view: 'returned', label: t('viewReturned') },
        ]}
        view={view}
        onView={setView}
        dossiers={dossiers}
        actions={(row) =>
          view === 'ready' ? (
            <button type="button" className="button green" aria-label={`${t('returnResult')} ${row.code}`} onClick={() => setGiving(row)}>
              {t('returnResult')}
            </button>
          ) : view === 'open' ? (
            <button type="button" className="button green" aria-label={`${t('setResult')} ${row.code}`} onClick={() => setEntering(row)}>
              {t('setResult')}
            </button>
          ) : null
        }
      />
      {giving ? <ReturnDialog row={giving} onDone={dossiers.list.reload} onClose={() => setGiving(null)} /> : null}
      {entering ? <ResultDialog row={entering} onDone={dossiers.list.reload} onClose={() => setEntering(null)} /> : null}
    </>
  );
}

interface Asked {
  row: DossierRow;
  onDone: () => void;
  onClose: () => void;
}

function ResultDialog({ row, onDone, onClose }: Asked) {
  const t = useText();
  const { api, tell } = useDesk();
  const { run, running } = useRun();
  const [title, setTitle] = useState('');
  const [wrong, setWrong] = useState(false);
  const confirm = () => {
    const named = title.normalize('NFC').trim();
    setWrong(!named);
    if (!named) return;
    void run(async () => {
      await api.setResult(row.id, named);
      tell(t('doneResult', { code: row.code }));
      onClose();
      onDone();
    });
  };
  return (
    <Dialog title={t('setResultTitle', { code: row.code })} confirm={t('doSetResult')} busy={running} onConfirm={confirm} onClose={onClose}>
      <p>
        {row.applicant_name}. {row.procedure_name}
      </p>
      <label className="field">
        <span>{t('resultName')}</span>
        <input value={title} maxLength={200} aria-invalid={wrong} aria-describedby="result-hint" onChange={(event) => setTitle(event.target.value)} />
        <small id="result-hint">{wrong ? t('needResultName') : t('resultNameHint')}</small>
      </label>
    </Dialog>
  );
}

function ReturnDialog({ row, onDone, onClose }: Asked) {
  const t = useText();
  const { api, counter, tell } = useDesk();
  const { run, running } = useRun();
  const [other, setOther] = useState(false);
  const [name, setName] = useState('');
  const [shownNumber, setShownNumber] = useState('');
  const [wrong, setWrong] = useState(false);
  const confirm = () => {
    const collector = harmless(name);
    const missing = other && !collector;
    setWrong(missing);
    if (missing || !counter) return;
    const shown = shownNumber.trim();
    void run(async () => {
      await api.returnResult(row.id, counter.number, other ? { name: collector, ...(shown ? { number: shown } : {}) } : undefined);
      tell(t('doneReturnedResult', { code: row.code }));
      onClose();
      onDone();
    });
  };
  return (
    <Dialog title={t('returnAsk', { code: row.code })} confirm={t('returnResult')} busy={running} onConfirm={confirm} onClose={onClose}>
      <p>
        {row.result_title ? `${row.result_title}. ` : ''}
        {row.procedure_name}
      </p>
      <fieldset className="choices">
        <legend>{t('returnTo')}</legend>
        <label>
          <input type="radio" name="collector" checked={!other} onChange={() => setOther(false)} />
          <span>{t('toOwner', { name: row.applicant_name })}</span>
        </label>
        <label>
          <input type="radio" name="collector" checked={other} onChange={() => setOther(true)} />
          <span>{t('toOther')}</span>
        </label>
      </fieldset>
      {counter ? null : (
        <p className="problem" role="alert">
          {t('needCounter')}
        </p>
      )}
      {other ? (
        <div className="grid pair">
          <label className="field">
            <span>{t('fullName')}</span>
            <input value={name} maxLength={200} aria-invalid={wrong} aria-describedby="collector-hint" onChange={(event) => setName(event.target.value)} />
            <small id="collector-hint">{wrong ? t('needCollector') : t('otherHint')}</small>
          </label>
          <label className="field">
            <span>{t('citizenNumber')}</span>
            <input value={shownNumber} inputMode="numeric" maxLength={20} onChange={(event) => setShownNumber(event.target.value)} />
          </label>
        </div>
      ) : null}
    </Dialog>
  );
}
