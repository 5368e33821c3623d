import { textOf } from '../text/text';
import { common as enCommon } from '../text/en/common';
import { counter as en } from '../text/en/counter';
import { common as viCommon } from '../text/vi/common';
import { counter as vi } from '../text/vi/counter';

export const useText = textOf({ ...viCommon, ...vi }, { ...enCommon, ...en });
