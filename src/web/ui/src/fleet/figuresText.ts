import { textOf } from '../text/text';
import { common as enCommon } from '../text/en/common';
import { figures as enFigures } from '../text/en/figures';
import { province as en } from '../text/en/province';
import { common as viCommon } from '../text/vi/common';
import { figures as viFigures } from '../text/vi/figures';
import { province as vi } from '../text/vi/province';

export const useText = textOf({ ...viCommon, ...viFigures, ...vi }, { ...enCommon, ...enFigures, ...en });
export type Text = ReturnType<typeof useText>;
