import { textOf } from '../../text/text';
import { common as enCommon } from '../../text/en/common';
import { figures as en } from '../../text/en/figures';
import { common as viCommon } from '../../text/vi/common';
import { figures as vi } from '../../text/vi/figures';

export const useText = textOf({ ...viCommon, ...vi }, { ...enCommon, ...en });
export type Text = ReturnType<typeof useText>;
