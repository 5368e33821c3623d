/** How the short slip of a saved dossier comes out of the printer: asked for until it is on paper. */
import { useEffect, useState } from 'react';
import type { CenterApi } from '../../api/center';
import type { PrintJob } from '../../api/types';

export type Slip =
  | { at: 'none' }
  | { at: 'printing' }
  | { at: 'printed' }
  /** The printer says why; the job goes on by itself when that is mended. */
  | { at: 'blocked'; job: PrintJob }
  | { at: 'unknown' };

const POLL_MS = 1_000;
/** After this the printer is not in a hurry any more, and neither are we. */
const HURRY_MS = 60_000;
const POLL_LATE_MS = 5_000;

export function slipOf(job: PrintJob): Slip {
  switch (job.state) {
    case 'printed':
      return { at: 'printed' };
    case 'blocked':
      return { at: 'blocked', job };
    default:
      return { at: 'printing' };
  }
}

export function useSlip(api: CenterApi, job: string | null): Slip {
  const [slip, setSlip] = useState<Slip>(job ? { at: 'printing' } : { at: 'none' });
  useEffect(() => {
    if (!job) return setSlip({ at: 'none' });
    setSlip({ at: 'printing' });
    const since = Date.now();
    let stopped = false;
    let timer: ReturnType<typeof setTimeout>;
    const look = async () => {
      const now = await api.printJob(job).then(slipOf, (): Slip => ({ at: 'unknown' }));
      if (stopped) return;
      setSlip(now);
      if (now.at !== 'printed') timer = setTimeout(() => void look(), Date.now() - since > HURRY_MS ? POLL_LATE_MS : POLL_MS);
    };
    void look();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [api, job]);
  return slip;
}
