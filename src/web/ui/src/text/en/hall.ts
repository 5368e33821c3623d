import type { Same } from '../text';
import type { hall as vi } from '../vi/hall';

export const hall: Same<typeof vi> = {
  title: 'Calls',
  invite: 'NUMBER',
  toCounter: 'TO COUNTER',
  inviteSpoken: 'Number {label} to counter {counter}',
  nobodyCalled: 'No number has been called yet',
  nobodyCalledBody: 'Please take a number at the ticket machine.',
  waitForCall: 'Please wait for your number',
  nextIs: 'Next number: {label}',
  counter: 'Counter',
  counterNumber: 'Counter {number}',
  servingNumber: 'Serving',
  paused: 'Paused',
  closed: 'Closed',
  free: 'Ready',
  calledBefore: 'Just called',
  callLine: '{label} to counter {counter}',
  next: 'Next numbers',
  nobodyWaiting: 'Nobody is waiting',
  noneBefore: 'No number yet',
  goWhenCalled: 'Please go to the counter when your number is called.',
  stale: 'As of {time}. Please listen for the officer calling.',
  soundBlocked: 'The browser blocks the sound. Touch this screen or press a key to switch the voice on.',
  noCounters: 'No counter is open yet',
};
