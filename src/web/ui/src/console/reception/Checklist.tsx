import { useRef, useState, type ReactNode } from 'react';
import type { ComponentReceived, Procedure } from '../../api/types';
import { size } from '../../shared/format';
import { problemText } from '../../shared/problem';
import { useLang } from '../../text/text';
import { useText } from '../text';
import { withRequired, type PaperGiven } from './draft';
import type { ScanFile, Scans } from './useScans';

const KINDS = ['image/jpeg', 'application/pdf'];
const BYTES_MAX = 20 * 1024 * 1024;

export function Checklist({
  procedure,
  papers,
  onPapers,
  scans,
}: {
  procedure: Procedure;
  papers: Record<number, PaperGiven>;
  onPapers: (papers: Record<number, PaperGiven>) => void;
  scans: Scans;
}) {
  const t = useText();
  const change = (seq: number, part: Partial<PaperGiven>) => {
    const before = papers[seq] ?? { received: false, originals: 0, copies: 0 };
    onPapers({ ...papers, [seq]: { ...before, ...part } });
  };
  const all = () => onPapers(withRequired(procedure, papers));
  const count = (seq: number, part: 'originals' | 'copies', label: string) => (
    <input
      type="number"
      min={0}
      max={99}
      aria-label={label}
      value={papers[seq]?.[part] ?? 0}
      onChange={(event) => change(seq, { [part]: Math.max(0, Math.min(99, Math.trunc(Number(event.target.value) || 0))) })}
    />
  );
  return (
    <table className="checklist">
      <thead>
        <tr>
          <th scope="col">{t('colPaper')}</th>
          <th scope="col">{t('colOriginals')}</th>
          <th scope="col">{t('colCopies')}</th>
          <th scope="col">
            {t('colReceived')}
            <button type="button" className="link" onClick={all}>
              {t('receivedAll')}
            </button>
          </th>
          <th scope="col">{t('colAttach')}</th>
        </tr>
      </thead>
      <tbody>
        {procedure.papers.map((paper) => (
          <tr key={paper.seq}>
            <th scope="row">
              {paper.name} {paper.condition ? <span className="soft">({paper.condition})</span> : null}{' '}
              {paper.needs_confirmation ? <span className="badge confirm">{t('needsConfirmation')}</span> : null}
            </th>
            <td>{count(paper.seq, 'originals', `${t('colOriginals')}: ${paper.name}`)}</td>
            <td>{count(paper.seq, 'copies', `${t('colCopies')}: ${paper.name}`)}</td>
            <td className="center">
              <input
                type="checkbox"
                aria-label={`${t('colReceived')}: ${paper.name}`}
                checked={papers[paper.seq]?.received ?? false}
                onChange={(event) => change(paper.seq, { received: event.target.checked })}
              />
            </td>
            <td>
              <Attachments seq={paper.seq} name={paper.name} scans={scans} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Whether a paper was handed in; one with a condition that was not is no gap. */
function Received({ component }: { component: ComponentReceived }) {
  const t = useText();
  if (component.received) return <>{t('received')}</>;
  return component.condition ? <span className="soft">{t('notGiven')}</span> : <span className="bad">{t('missing')}</span>;
}

/** What a paper is called, when it is asked for, and whether it came: the first two cells of its row. */
function PaperCells({ component }: { component: ComponentReceived }) {
  return (
    <>
      <th scope="row">
        {component.name} {component.condition ? <span className="soft">({component.condition})</span> : null}
      </th>
      <td>
        <Received component={component} />
      </td>
    </>
  );
}

/** The papers after saving; `files` is what stands in a row's last cell. */
export function SavedChecklist({ components, files }: { components: ComponentReceived[]; files: (component: ComponentReceived) => ReactNode }) {
  const t = useText();
  return (
    <table className="checklist">
      <thead>
        <tr>
          <th scope="col">{t('colPaper')}</th>
          <th scope="col">{t('colReceived')}</th>
          <th scope="col">{t('colAttach')}</th>
        </tr>
      </thead>
      <tbody>
        {components.map((component) => (
          <tr key={component.seq}>
            <PaperCells component={component} />
            <td>{files(component)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The files of one paper: those that are on their way, and the way to choose more. */
export function Attachments({ seq, name, scans }: { seq: number; name: string; scans: Scans }) {
  const t = useText();
  const input = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const files = scans.files.filter((one) => one.seq === seq);
  const choose = (chosen: File[]) => {
    const wrongKind = chosen.some((file) => !KINDS.includes(file.type));
    const tooLarge = chosen.find((file) => file.size > BYTES_MAX);
    setProblem(wrongKind ? t('fileKind') : tooLarge ? t('fileSize', { name: tooLarge.name }) : null);
    if (!wrongKind && !tooLarge) scans.attach(seq, chosen);
  };
  return (
    <div className="attachments">
      {files.map((one) => (
        <Attachment key={one.id} one={one} scans={scans} />
      ))}
      <button type="button" className="link" aria-label={t('attachFor', { name })} onClick={() => input.current?.click()}>
        {t('attach')}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        tabIndex={-1}
        accept={KINDS.join(',')}
        data-component={seq}
        aria-label={t('attachFor', { name })}
        onChange={(event) => {
          choose(Array.from(event.target.files ?? []));
          event.target.value = '';
        }}
      />
      {problem ? (
        <p className="problem" role="alert">
          {problem}
        </p>
      ) : null}
    </div>
  );
}

function Attachment({ one, scans }: { one: ScanFile; scans: Scans }) {
  const t = useText();
  const lang = useLang();
  const percent = Math.round(one.share * 100);
  const drop = (
    <button type="button" className="link danger" aria-label={t('removeFile', { name: one.file.name })} onClick={() => scans.remove(one.id)}>
      ×
    </button>
  );
  return (
    <div className="attachment">
      <span className="file-name">
        {one.file.name} <span className="soft">{size(one.file.size)}</span>
      </span>
      {one.state === 'sending' ? (
        <>
          <progress max={100} value={percent} aria-label={one.file.name} />
          <span className="soft">{t('uploading', { percent })}</span>
        </>
      ) : one.state === 'done' ? (
        <span className="good">{t('uploaded')}</span>
      ) : one.state === 'failed' ? (
        <>
          <span className="bad">{t('uploadFailed')}</span>
          <button type="button" className="link" onClick={() => scans.sendAgain(one.id)}>
            {t('retry')}
          </button>
          {drop}
        </>
      ) : one.state === 'refused' ? (
        <>
          <span className="bad" role="alert">
            {problemText(one.problem, lang, t)}
          </span>
          {drop}
        </>
      ) : (
        <>
          {scans.saved ? null : <span className="soft">{t('afterSaving')}</span>}
          {drop}
        </>
      )}
    </div>
  );
}
