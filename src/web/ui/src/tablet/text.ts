import { textOf } from '../text/text';
import { common as enCommon } from '../text/en/common';
import { tablet as en } from '../text/en/tablet';
import { common as viCommon } from '../text/vi/common';
import { tablet as vi } from '../text/vi/tablet';

export const useText = textOf({ ...viCommon, ...vi }, { ...enCommon, ...en });
