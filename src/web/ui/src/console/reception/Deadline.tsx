import type { Channel, Deadline } from '../../api/types';
import { clock, longDate } from '../../shared/format';
import { problemText } from '../../shared/problem';
import { useLang } from '../../text/text';
import { useDesk } from '../context';
import { useText } from '../text';
import { useResource } from '../../shared/useResource';

export interface DeadlineView {
  preview: Deadline | null;
  counting: boolean;
  problem: unknown;
  short: string;
}

/** The due date as it would be if the dossier were saved now. */
export function useDeadline(procedure: string | null, channel: Channel): DeadlineView {
  const { api, epoch } = useDesk();
  const lang = useLang();
  const t = useText();
  const { data, problem, loading } = useResource(
    () => (procedure ? api.deadlinePreview(procedure, channel) : Promise.resolve(null)),
    `${procedure}|${channel}|${epoch}`,
  );
  const preview = procedure && !loading ? (data ?? null) : null;
  const short = preview ? `${clock(preview.due)} ${longDate(preview.due, lang)}` : procedure ? t('dueCounting') : '';
  return { preview, counting: procedure !== null && loading, problem: procedure ? problem : undefined, short };
}

export function DeadlineBox({ view, procedure }: { view: DeadlineView; procedure: boolean }) {
  const t = useText();
  const lang = useLang();
  if (!procedure) return <p className="soft">{t('dueWaiting')}</p>;
  if (view.problem) return <p className="problem">{problemText(view.problem, lang, t)}</p>;
  if (!view.preview) return <p className="soft">{t('dueCounting')}</p>;
  const { due, reasons, provisional } = view.preview;
  return (
    <div aria-live="polite">
      <p className="due">{t('duePreview', { time: clock(due), day: longDate(due, lang) })}</p>
      {provisional ? <p className="bad">{t('dueProvisional')}</p> : null}
      {reasons.length > 0 ? (
        <details>
          <summary>{t('howCounted')}</summary>
          <ol className="reasons">
            {reasons.map((reason, n) => (
              <li key={n}>{lang === 'vi' ? reason.sentence : reason.sentence_en}</li>
            ))}
          </ol>
        </details>
      ) : null}
    </div>
  );
}
