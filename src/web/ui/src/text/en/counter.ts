import type { Same } from '../text';
import type { counter as vi } from '../vi/counter';

export const counter: Same<typeof vi> = {
  title: 'Counter',
  counter: 'Counter',
  counterNumber: 'Counter {number}',
  invite: 'NUMBER',
  inviteSpoken: 'Number {label} to counter {counter}',
  serving: 'SERVING NUMBER',
  free: 'READY',
  freeHint: 'Please wait until your number is called.',
  paused: 'PAUSED',
  pausedHint: 'Please wait a moment.',
  closed: 'CLOSED',
  closedHint: 'Please watch the screen of the hall.',
  pause_short_break: 'Short break',
  pause_meeting: 'In a meeting',
  pause_equipment: 'Equipment is being mended',
  pause_paper_work: 'Paper work',
  moreServices: 'and {count}~more',
  stale: 'As of {time}. Please listen for the officer calling.',
  chooseCounter: 'At which counter is this screen?',
  unknownTitle: 'There is no counter {number}',
  unknownBody: 'Choose the counter of this screen.',
};
