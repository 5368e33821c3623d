import { useState, type KeyboardEvent } from 'react';
import type { DossierRow, DossierView, Uplink } from '../api/types';
import { topicData } from '../live/useLive';
import { problemText } from '../shared/problem';
import { useLang } from '../text/text';
import { useDesk } from './context';
import { Dialog } from './Dialog';
import { DossierList, useDossiers } from './DossierList';
import { useText } from './text';
import { matching, useUnits } from './units';
import { useRun } from './useRun';

export function HandOverPage() {
  const t = useText();
  const { api, recount, tell } = useDesk();
  const { name } = useUnits();
  const cut = useCut();
  const { run, running } = useRun();
  const [view, setView] = useState<DossierView>('incoming');
  const dossiers = useDossiers(view);
  const [sending, setSending] = useState<DossierRow | null>(null);
  const [refusing, setRefusing] = useState<DossierRow | null>(null);
  const reload = () => {
    dossiers.list.reload();
    recount();
  };

  const accept = (row: DossierRow) =>
    void run(async () => {
      await api.accept(row.id);
      tell(t('doneAccepted', { code: row.code }));
      reload();
    });
  const takeBack = (row: DossierRow, unit: string) =>
    void run(async () => {
      await api.takeBack(row.id);
      tell(t(cut ? 'doneTakeBackCut' : 'doneTakeBack', { code: row.code, unit }));
      reload();
    });

  return (
    <>
      <DossierList
        title={t('handOverTitle')}
        views={[
          { view: 'incoming', label: t('viewIncoming') },
          { view: 'outgoing', label: t('viewOutgoing') },
          { view: 'open', label: t('viewToSend') },
          { view: 'declined', label: t('viewDeclined') },
        ]}
        view={view}
        onView={setView}
        dossiers={dossiers}
        showCustody
        actions={(row) => {
          if (row.custody.state === 'offered') {
            return (
              <>
                <button type="button" className="button green" disabled={running} aria-label={`${t('accept')} ${row.code}`} onClick={() => accept(row)}>
                  {t('accept')}
                </button>
                <button type="button" className="link danger" disabled={running} aria-label={`${t('refuse')} ${row.code}`} onClick={() => setRefusing(row)}>
                  {t('refuse')}
                </button>
              </>
            );
          }
          if (row.custody.state === 'handing_over') {
            const unit = name(row.custody.to);
            return (
              <button type="button" className="button" disabled={running} aria-label={`${t('takeBack')} ${row.code}`} onClick={() => takeBack(row, unit)}>
                {t('takeBack')}
              </button>
            );
          }
          if (row.custody.state === 'passed_on' && !row.custody.too_late) {
            return <span className="soft">{t('takeBackNot', { unit: name(row.custody.to) })}</span>;
          }
          return view === 'open' && row.custody.state === 'held' ? (
            <button type="button" className="button green" aria-label={`${t('handOver')} ${row.code}`} onClick={() => setSending(row)}>
              {t('handOver')}
            </button>
          ) : null;
        }}
      />
      {sending ? <SendDialog row={sending} onTakeBack={takeBack} onDone={reload} onClose={() => setSending(null)} /> : null}
      {refusing ? <RefuseDialog row={refusing} onDone={reload} onClose={() => setRefusing(null)} /> : null}
    </>
  );
}

/** Whether what is recorded now stays here until the line is back. */
function useCut(): boolean {
  const uplink = topicData<Uplink>(useDesk().live, 'uplink');
  return uplink !== undefined && uplink.state !== 'online';
}

function SendDialog({
  row,
  onTakeBack,
  onDone,
  onClose,
}: {
  row: DossierRow;
  onTakeBack: (row: DossierRow, unit: string) => void;
  onDone: () => void;
  onClose: () => void;
}) {
  const t = useText();
  const lang = useLang();
  const { api, tell } = useDesk();
  const { run, running } = useRun();
  const cut = useCut();
  const { units, problem } = useUnits();
  const [typed, setTyped] = useState('');
  const [node, setNode] = useState('');
  const [note, setNote] = useState('');
  const [wrong, setWrong] = useState(false);
  const found = matching(units, typed).filter((unit) => unit.node !== row.holder);
  // Who can take it comes first; the others stay in sight, so that nobody looks for them in vain.
  const [able, unable] = [found.filter((unit) => unit.accepts), found.filter((unit) => !unit.accepts)];
  // Only what the list shows can be meant; when typing leaves one unit, it is that one.
  const [only] = typed.trim() !== '' && able.length === 1 && unable.length === 0 ? able : [];
  const chosen = able.find((unit) => unit.node === node) ?? only;
  const [missed] = typed.trim() !== '' && able.length === 0 ? unable : [];

  // Enter in a field ends the typing and no more: handing over is soon beyond recall and has its own key.
  const onlyTyping = (event: KeyboardEvent) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    if (only) setNode(only.node);
  };
  const confirm = () => {
    const unit = chosen;
    setWrong(!unit);
    if (!unit) return;
    void run(async () => {
      await api.handOver(row.id, unit.node, note.normalize('NFC').trim());
      // With the line up the province passes it on at once, and a take-back would be offered in vain; the
      // list offers it for as long as it can still be had.
      if (cut) tell(t('doneHandOverCut', { code: row.code, unit: unit.name }), { label: t('takeBack'), run: () => onTakeBack(row, unit.name) });
      else tell(t('doneHandOver', { code: row.code, unit: unit.name }));
      onClose();
      onDone();
    });
  };
  return (
    <Dialog title={t('handOverAsk', { code: row.code })} confirm={t('handOver')} busy={running} onConfirm={confirm} onClose={onClose}>
      <p>
        {row.applicant_name}. {row.procedure_name}
      </p>
      {problem ? <p className="problem">{problemText(problem, lang, t)}</p> : null}
      <label className="field">
        <span>{t('toUnit')}</span>
        <input
          type="search"
          value={typed}
          aria-invalid={wrong}
          aria-describedby="unit-hint"
          onKeyDown={onlyTyping}
          onChange={(event) => setTyped(event.target.value)}
        />
        <small id="unit-hint" className={missed ? 'bad' : undefined}>
          {missed ? t('unitWithoutBox', { unit: missed.name }) : wrong ? t('needUnit') : t('toUnitHint')}
        </small>
      </label>
      <select className="unit-list" size={6} aria-label={t('toUnit')} aria-invalid={wrong} value={chosen?.node ?? ''} onChange={(event) => setNode(event.target.value)}>
        {/* Without it the browser shows the first unit as chosen. */}
        <option value="" hidden />
        {able.map((unit) => (
          <option key={unit.node} value={unit.node}>
            {unit.name}
          </option>
        ))}
        {unable.map((unit) => (
          <option key={unit.node} value={unit.node} disabled>
            {t('unitUnable', { unit: unit.name })}
          </option>
        ))}
      </select>
      <label className="field">
        <span>{t('note')}</span>
        <input value={note} maxLength={500} onKeyDown={onlyTyping} onChange={(event) => setNote(event.target.value)} />
      </label>
      <p className="soft">{t(cut ? 'takeBackWhileCut' : 'takeBackUntil')}</p>
    </Dialog>
  );
}

function RefuseDialog({ row, onDone, onClose }: { row: DossierRow; onDone: () => void; onClose: () => void }) {
  const t = useText();
  const { api, tell } = useDesk();
  const { run, running } = useRun();
  const [reason, setReason] = useState('');
  const [wrong, setWrong] = useState(false);
  const confirm = () => {
    const given = reason.normalize('NFC').trim();
    setWrong(!given);
    if (!given) return;
    void run(async () => {
      await api.refuse(row.id, given);
      tell(t('doneRefused', { code: row.code }));
      onClose();
      onDone();
    });
  };
  return (
    <Dialog title={t('refuseAsk', { code: row.code })} confirm={t('refuse')} danger busy={running} onConfirm={confirm} onClose={onClose}>
      <label className="field">
        <span>{t('refuseWhy')}</span>
        <input value={reason} maxLength={200} aria-invalid={wrong} onChange={(event) => setReason(event.target.value)} />
        {wrong ? <small>{t('needReason')}</small> : null}
      </label>
    </Dialog>
  );
}
