import { textOf } from '../text/text';
import { booking as en } from '../text/en/booking';
import { common as enCommon } from '../text/en/common';
import { booking as vi } from '../text/vi/booking';
import { common as viCommon } from '../text/vi/common';

export const useText = textOf({ ...viCommon, ...vi }, { ...enCommon, ...en });
