import type { Same } from '../text';
import type { common as vi } from '../vi/common';

export const common: Same<typeof vi> = {
  retry: 'Try again',
  reload: 'Reload',
  close: 'Close',
  cancel: 'Cancel',
  loading: 'Loading',
  language: 'Language',
  unreachable: "The center's server does not answer. Check the network cable, then try again.",
  refusedOther: 'The request was refused ({code}). Try again or tell the administrator.',
  noTokenTitle: 'This device is not registered',
  tokenRefusedTitle: 'The device token is no longer valid',
  notAtServer: "The center's server is not reached yet",
  notAtServerBody: 'The page goes on by itself once there is a connection.',
};
