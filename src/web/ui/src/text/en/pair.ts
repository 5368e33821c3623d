import type { Same } from '../text';
import type { pair as vi } from '../vi/pair';

export const pair: Same<typeof vi> = {
  showCode: 'Ask the head of the center to approve this code at the console, page Devices:',
  waitsForYes: 'Waiting for the answer. The code changes every 10~minutes.',
  saidYes: 'Approved. The page opens.',
  saidNo: 'This device was not let in.',
  askAgain: 'Ask again',
  refusedTokenBody: "The device's earlier token was withdrawn or is of another kind.",
  putOutBody: 'This device was withdrawn. To use it again, ask again.',
  orCommand: "Or make a token on the center's server:",
};
