/** Which step a kiosk reads aloud, and one reading at a time. No React in here. */
import type { Clips, Play } from '../shared/clips';
import type { Issue } from './useIssue';

/** As the center names them. */
export type HelpStep = 'start' | 'services' | 'search' | 'code' | 'card' | 'priority' | 'number' | 'number_without_slip' | 'refused' | 'closed' | 'away';

export interface Said {
  step: HelpStep;
  /** The ticket's number, where the step says it. */
  label: string | null;
}

/** What a kiosk asks about itself, in the order in which its page decides what to show. */
export interface Standing {
  issue: Issue;
  away: boolean;
  closed: boolean;
  step: 'start' | 'services' | 'search' | 'code' | 'card' | 'priority';
}

/** What is read aloud now; nothing while the kiosk waits for the center, and after a number was given back. */
export function said({ issue, away, closed, step }: Standing): Said | null {
  if (issue.at === 'issued') return { step: issue.slip === 'failed' ? 'number_without_slip' : 'number', label: issue.issued.ticket.label };
  if (issue.at === 'issuing' || issue.at === 'given_back') return null;
  if (issue.at === 'unsent' || issue.at === 'refused') return { step: 'refused', label: null };
  if (away) return { step: 'away', label: null };
  // Who has booked a time gets a number also where newcomers get none.
  return { step: closed && step !== 'code' ? 'closed' : step, label: null };
}

/** How a reading ended: to its end, cut short by the next one, or there is nothing to be heard. */
export type Ended = 'said' | 'cut' | 'missing';

/** What is said when the center does not answer: fetched while it does. */
export const UNANSWERED: readonly HelpStep[] = ['away', 'refused'];

/** Reads one step at a time: the next one cuts the one before short. */
export class Reader {
  private cut: AbortController | null = null;
  private readonly ready = new Map<HelpStep, readonly string[]>();

  constructor(
    private readonly ask: (what: Said) => Promise<readonly string[]>,
    private readonly play: Play,
    private readonly keep: Clips['keep'],
  ) {}

  /** Gets ready what has to be said without the center. What does not come now is asked for when it is due. */
  async prepare(): Promise<void> {
    const one = async (step: HelpStep) => {
      const clips = await this.ask({ step, label: null });
      if (clips.length === 0) return;
      await this.keep(clips);
      this.ready.set(step, clips);
    };
    await Promise.allSettled(UNANSWERED.map(one));
  }

  async read(what: Said): Promise<Ended> {
    this.hush();
    const cut = new AbortController();
    this.cut = cut;
    try {
      const clips = this.ready.get(what.step) ?? (await this.ask(what));
      if (cut.signal.aborted) return 'cut';
      if (clips.length === 0) return 'missing';
      await this.play(clips, cut.signal);
      return cut.signal.aborted ? 'cut' : 'said';
    } catch {
      // The page shows what the step says: a sound that does not come takes nothing from it.
      return cut.signal.aborted ? 'cut' : 'missing';
    }
  }

  hush(): void {
    this.cut?.abort();
    this.cut = null;
  }
}
