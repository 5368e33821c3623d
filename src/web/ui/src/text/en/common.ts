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
  noTokenBody: "This page needs a device token. Make one on the center's server with the command below, then open the address it prints.",
  tokenRefusedTitle: 'The device token is no longer valid',
  tokenRefusedBody: 'It was revoked or is of another kind. Make a new one with the command below, then open the address it prints.',
  notAtServer: "The center's server is not reached yet",
  notAtServerBody: 'The page goes on by itself once there is a connection.',
};
