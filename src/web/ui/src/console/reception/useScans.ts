/** Files on their way to a dossier: chosen before it is saved, sent one after the other once it is. */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { CenterApi } from '../../api/center';
import { newKey, Refused } from '../../api/client';

export interface ScanFile {
  id: string;
  seq: number;
  file: File;
  /** `failed` may go through when it is sent again; `refused` never will, and `problem` says why. */
  state: 'waiting' | 'sending' | 'done' | 'failed' | 'refused';
  share: number;
  problem?: unknown;
}

/** A new login, a faster line or a calmer moment lets the same file through. */
const PASSES_LATER: ReadonlySet<number> = new Set([401, 408, 429]);

export const isRefused = (problem: unknown) =>
  problem instanceof Refused && problem.status >= 400 && problem.status < 500 && !PASSES_LATER.has(problem.status);

/** What the server does not have yet and still can have. */
export const unsent = (files: ScanFile[]) => files.filter((one) => one.state !== 'done' && one.state !== 'refused');
export const refusedOnes = (files: ScanFile[]) => files.filter((one) => one.state === 'refused');

export interface Scans {
  files: ScanFile[];
  setFiles: (files: ScanFile[]) => void;
  attach: (seq: number, chosen: File[]) => void;
  remove: (id: string) => void;
  sendAgain: (id: string) => void;
  /** Drops those that are there, when the dossier shows them by itself. */
  forgetSent: () => void;
  /** The dossier is there, so that what is chosen is sent at once. */
  saved: boolean;
}

export function useScans(api: CenterApi, dossierId: string | undefined, onSent?: () => void): Scans {
  const [files, setFiles] = useState<ScanFile[]>([]);
  const patchFile = useCallback(
    (id: string, change: Partial<ScanFile>) => setFiles((all) => all.map((one) => (one.id === id ? { ...one, ...change } : one))),
    [],
  );
  const sending = files.some((one) => one.state === 'sending');
  const next = files.find((one) => one.state === 'waiting');
  const latest = useRef(onSent);
  latest.current = onSent;
  // One file after the other: the line is the same, and the order stays that of the list.
  useEffect(() => {
    if (!dossierId || sending || !next) return;
    patchFile(next.id, { state: 'sending', share: 0 });
    api.addScan(dossierId, next.seq, next.file, (share) => patchFile(next.id, { share })).then(
      () => {
        patchFile(next.id, { state: 'done', share: 1 });
        latest.current?.();
      },
      (problem: unknown) => patchFile(next.id, isRefused(problem) ? { state: 'refused', problem } : { state: 'failed' }),
    );
  }, [api, dossierId, sending, next, patchFile]);

  const attach = useCallback((seq: number, chosen: File[]) => {
    setFiles((all) => [...all, ...chosen.map((file): ScanFile => ({ id: newKey(), seq, file, state: 'waiting', share: 0 }))]);
  }, []);
  const remove = useCallback((id: string) => setFiles((all) => all.filter((one) => one.id !== id)), []);
  const sendAgain = useCallback((id: string) => patchFile(id, { state: 'waiting', share: 0 }), [patchFile]);
  const forgetSent = useCallback(() => setFiles((all) => all.filter((one) => one.state !== 'done')), []);
  return { files, setFiles, forgetSent, attach, remove, sendAgain, saved: dossierId !== undefined };
}
