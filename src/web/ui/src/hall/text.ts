import { textOf } from '../text/text';
import { common as enCommon } from '../text/en/common';
import { hall as en } from '../text/en/hall';
import { common as viCommon } from '../text/vi/common';
import { hall as vi } from '../text/vi/hall';

export const useText = textOf({ ...viCommon, ...vi }, { ...enCommon, ...en });
