import { createContext, useContext } from 'react';
import type { CenterApi } from '../api/center';
import type { Counter, Officer, QueueSnapshot, Service, Ticket } from '../api/types';
import type { LiveState } from '../live/live';

export interface Toast {
  id: number;
  text: string;
  /** `notice` is news that nobody here asked for just now; it stays like a problem and is no refusal. */
  kind: 'done' | 'problem' | 'notice';
  action?: { label: string; run: () => void };
}

/** What every part of the console stands on. */
export interface Desk {
  api: CenterApi;
  officer: Officer;
  live: LiveState;
  /** The center's time. */
  now: number;
  /** Grows with every login, so that lists which failed before are read again. */
  epoch: number;
  counter: Counter | null;
  queue: QueueSnapshot | null;
  services: Service[];
  current: Ticket | null;
  /** Takes over what a command answered before the next snapshot brings it. */
  absorb: (answer: { counter?: Counter | null | undefined; ticket?: Ticket | null | undefined }) => void;
  chooseCounter: (number: number | null) => void;
  /** Counts again what the menu shows about dossiers that were offered. */
  recount: () => void;
  tell: (text: string, action?: Toast['action']) => void;
  fail: (problem: unknown) => void;
  /** Says something that happened elsewhere. */
  notify: (text: string, action?: Toast['action']) => void;
}

const Context = createContext<Desk | null>(null);
export const DeskScope = Context.Provider;

export function useDesk(): Desk {
  const desk = useContext(Context);
  if (!desk) throw new Error('outside of the console');
  return desk;
}
