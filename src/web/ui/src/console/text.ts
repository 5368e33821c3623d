import { textOf } from '../text/text';
import { common as enCommon } from '../text/en/common';
import { desk as en } from '../text/en/console';
import { common as viCommon } from '../text/vi/common';
import { desk as vi } from '../text/vi/console';

export const useText = textOf({ ...viCommon, ...vi }, { ...enCommon, ...en });
export type Text = ReturnType<typeof useText>;
