/** From «this service, this ground» to a number and its slip. One choice has one key, so it gets one number. */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { CenterApi } from '../api/center';
import { Refused, requestKey, Unreachable } from '../api/client';
import type { Issued, PrintJob } from '../api/types';

export interface Choice {
  service: string;
  /** What else is to be done afterwards with the same number, in this order. */
  next?: string[];
  ground?: string;
  /** What the citizen's card says, for the counter's form. */
  card?: string;
}

/** What is sent: a choice, or the code of a booking. */
export type Sent = Choice | { booking: string };

export type Issue =
  | { at: 'none' }
  | { at: 'issuing'; choice: Sent; key: string }
  | { at: 'unsent'; choice: Sent; key: string }
  | { at: 'refused'; problem: unknown }
  | { at: 'issued'; issued: Issued; slip: 'printing' | 'printed' | 'failed'; job: string | null; takenAt: number; giveBack?: unknown }
  | { at: 'given_back'; label: string; slip: 'printing' | 'printed' | 'failed' };

const POLL_MS = 700;
/** The center gives a number back so long; the key goes a little before, so that it never promises too much. */
export const GIVE_BACK_MS = 55_000;
/** A slip that is not out by then is told as failed; the printer's job goes on and may still succeed. */
const PATIENCE_MS = 15_000;

const wanted = (choice: Choice) => ({
  service: choice.service,
  ...(choice.next?.length ? { next_services: choice.next } : {}),
  ...(choice.ground ? { priority_ground: choice.ground } : {}),
  ...(choice.card ? { card: choice.card } : {}),
});

export function useIssue(api: CenterApi) {
  const [issue, setIssue] = useState<Issue>({ at: 'none' });
  const busy = useRef(false);

  const send = useCallback(
    async (choice: Sent, key: string) => {
      // The guard stands outside React's state: two taps can come before the next drawing.
      if (busy.current) return;
      busy.current = true;
      setIssue({ at: 'issuing', choice, key });
      try {
        const issued: Issued = 'booking' in choice ? await api.arrive(choice.booking, key) : await api.issue(wanted(choice), key);
        const job = issued.print_job;
        setIssue({
          at: 'issued',
          issued,
          job: job?.id ?? null,
          takenAt: Date.now(),
          slip: !job || job.state === 'blocked' ? 'failed' : job.state === 'printed' ? 'printed' : 'printing',
        });
      } catch (problem) {
        if (problem instanceof Unreachable) setIssue({ at: 'unsent', choice, key });
        else setIssue({ at: 'refused', problem });
      } finally {
        busy.current = false;
      }
    },
    [api],
  );

  const take = useCallback((choice: Sent) => void send(choice, requestKey()), [send]);
  const sendAgain = useCallback(() => {
    if (issue.at === 'unsent') void send(issue.choice, issue.key);
  }, [issue, send]);

  const reprint = useCallback(async () => {
    if (issue.at !== 'issued' || busy.current) return;
    busy.current = true;
    setIssue({ ...issue, slip: 'printing', job: null });
    try {
      const job = await api.reprint(issue.issued.ticket.id);
      setIssue({ ...issue, slip: 'printing', job: job.id });
    } catch {
      setIssue({ ...issue, slip: 'failed', job: null });
    } finally {
      busy.current = false;
    }
  }, [api, issue]);

  const giveBack = useCallback(async () => {
    if (issue.at !== 'issued' || busy.current) return;
    busy.current = true;
    try {
      await api.cancelTicket(issue.issued.ticket.id, '');
      setIssue({ at: 'given_back', label: issue.issued.ticket.label, slip: issue.slip });
    } catch (problem) {
      setIssue({ ...issue, giveBack: problem });
    } finally {
      busy.current = false;
    }
  }, [api, issue]);

  const forget = useCallback(() => setIssue({ at: 'none' }), []);

  const watched = issue.at === 'issued' && issue.slip !== 'printed' ? issue.job : null;
  useEffect(() => {
    if (!watched) return;
    const since = Date.now();
    let stopped = false;
    let timer: ReturnType<typeof setTimeout>;
    const look = async () => {
      let job: PrintJob | null = null;
      try {
        job = await api.printJob(watched);
      } catch {
        // The next look tells.
      }
      if (stopped) return;
      const late = Date.now() - since > PATIENCE_MS;
      const slip = job?.state === 'printed' ? 'printed' : job?.state === 'blocked' || late ? 'failed' : null;
      if (slip) setIssue((now) => (now.at === 'issued' && now.job === watched ? { ...now, slip } : now));
      if (slip !== 'printed') timer = setTimeout(() => void look(), POLL_MS);
    };
    timer = setTimeout(() => void look(), POLL_MS);
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [api, watched]);

  return { issue, take, sendAgain, reprint, giveBack, forget };
}

/** The code of the last refusal since the page was opened, for the staff. */
export function useLastRefusal(issue: Issue): string | null {
  const last = useRef<string | null>(null);
  if (issue.at === 'refused' && issue.problem instanceof Refused) last.current = issue.problem.code;
  return last.current;
}
