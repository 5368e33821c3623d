import { useEffect, useId, useState } from 'react';
import type { Procedure } from '../../api/types';
import { useDesk } from '../context';
import { useText } from '../text';
import { useRun } from '../useRun';

const AFTER_MS = 150;
const SHOWN = 8;

/** A list under a search field, by keyboard: arrows move, Enter takes, Escape leaves. */
export function ProcedurePicker({
  chosen,
  wrong,
  onChoose,
}: {
  chosen: Procedure | null;
  wrong: boolean;
  onChoose: (procedure: Procedure | null) => void;
}) {
  const t = useText();
  const { api } = useDesk();
  const { run, running } = useRun();
  const [typed, setTyped] = useState('');
  const [rows, setRows] = useState<Procedure[] | null>(null);
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const list = useId();

  useEffect(() => {
    if (!open) return;
    let stale = false;
    const timer = setTimeout(() => {
      api.procedures(typed.normalize('NFC').trim()).then(
        (found) => {
          if (stale) return;
          setRows(found.slice(0, SHOWN));
          setAt(0);
        },
        () => !stale && setRows(null),
      );
    }, AFTER_MS);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [api, typed, open]);

  const take = (row: Procedure | undefined) => {
    if (!row) return;
    setOpen(false);
    setTyped('');
    void run(async () => onChoose(await api.procedure(row.code)));
  };

  if (chosen) {
    return (
      <div className="chosen">
        <div>
          <strong>{chosen.name}</strong>
          <span className="soft">
            {t('procedureCode', { code: chosen.code })}. {chosen.sector}. {t(`limit_${chosen.limit.unit}`, { value: chosen.limit.value })}
            {chosen.needs_confirmation ? <span className="badge confirm">{t('needsConfirmation')}</span> : null}
          </span>
        </div>
        <button type="button" className="link" onClick={() => onChoose(null)}>
          {t('changeProcedure')}
        </button>
      </div>
    );
  }
  const active = rows?.[at];
  return (
    <div className="picker">
      <label className="field">
        <span>{t('searchProcedure')}</span>
        <input
          data-field="procedure"
          role="combobox"
          autoComplete="off"
          spellCheck={false}
          aria-expanded={open && rows !== null}
          aria-controls={list}
          aria-autocomplete="list"
          aria-activedescendant={open && active ? `${list}-${active.code}` : undefined}
          aria-invalid={wrong}
          disabled={running}
          value={typed}
          onFocus={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onChange={(event) => {
            setTyped(event.target.value);
            setOpen(true);
          }}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
              event.preventDefault();
              setOpen(true);
              const count = rows?.length ?? 0;
              if (count > 0) setAt((at + (event.key === 'ArrowDown' ? 1 : count - 1)) % count);
            } else if (event.key === 'Enter') {
              event.preventDefault();
              if (open) take(active);
            } else if (event.key === 'Escape') {
              setOpen(false);
            }
          }}
        />
        {wrong ? <small>{t('needProcedure')}</small> : null}
      </label>
      <ul className="options" role="listbox" id={list} aria-label={t('s2')} hidden={!open || !rows?.length}>
        {rows?.map((row, n) => (
          <li
            key={row.code}
            id={`${list}-${row.code}`}
            role="option"
            aria-selected={n === at}
            // Before the field loses the focus and the list closes.
            onMouseDown={(event) => {
              event.preventDefault();
              take(row);
            }}
          >
            <span>{row.name}</span>
            <span className="soft">
              {row.code}. {row.sector}. {t(`limit_${row.limit.unit}`, { value: row.limit.value })}
            </span>
          </li>
        ))}
      </ul>
      {open && rows?.length === 0 ? (
        <p className="empty" role="status">
          {t('noProcedure')}
        </p>
      ) : null}
    </div>
  );
}
