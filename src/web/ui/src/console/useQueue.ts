/** The queue as the console sees it: the live snapshot, and what a command has answered meanwhile. */
import { useCallback, useMemo, useRef, useState } from 'react';
import type { Counter, QueueSnapshot, Ticket } from '../api/types';

interface Answered {
  tickets: Record<string, Ticket>;
  counters: Record<number, Counter>;
}

const NOTHING: Answered = { tickets: {}, counters: {} };

/**
 * Higher revisions win. A ticket that no snapshot has known yet is added; one that an earlier snapshot knew
 * and this one does not is over, whatever was answered about it before.
 */
export function merge(snapshot: QueueSnapshot, answered: Answered, before: ReadonlySet<string> = new Set()): QueueSnapshot {
  const known = new Set(snapshot.tickets.map((ticket) => ticket.id));
  const newer = (ticket: Ticket) => {
    const answer = answered.tickets[ticket.id];
    return answer && answer.rev > ticket.rev ? answer : ticket;
  };
  return {
    ...snapshot,
    tickets: [...snapshot.tickets.map(newer), ...Object.values(answered.tickets).filter((ticket) => !known.has(ticket.id) && !before.has(ticket.id))],
    counters: snapshot.counters.map((counter) => {
      const answer = answered.counters[counter.number];
      return answer && answer.rev > counter.rev ? { ...counter, ...answer } : counter;
    }),
  };
}

export function useQueue(snapshot: QueueSnapshot | undefined) {
  const [answered, setAnswered] = useState<Answered>(NOTHING);
  /** Every ticket that a snapshot has shown: those of a day, at most. */
  const before = useRef(new Set<string>());
  const queue = useMemo(() => {
    if (!snapshot) return null;
    const merged = merge(snapshot, answered, before.current);
    snapshot.tickets.forEach((ticket) => before.current.add(ticket.id));
    return merged;
  }, [snapshot, answered]);
  const absorb = useCallback(({ counter, ticket }: { counter?: Counter | null | undefined; ticket?: Ticket | null | undefined }) => {
    setAnswered((before) => ({
      tickets: ticket ? { ...before.tickets, [ticket.id]: ticket } : before.tickets,
      counters: counter ? { ...before.counters, [counter.number]: counter } : before.counters,
    }));
  }, []);
  return { queue, absorb };
}
