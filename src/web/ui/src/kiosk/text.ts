import { textOf } from '../text/text';
import { common as enCommon } from '../text/en/common';
import { kiosk as en } from '../text/en/kiosk';
import { common as viCommon } from '../text/vi/common';
import { kiosk as vi } from '../text/vi/kiosk';

export const useText = textOf({ ...viCommon, ...vi }, { ...enCommon, ...en });
