import { textOf } from '../../text/text';
import { common as enCommon } from '../../text/en/common';
import { policy as en } from '../../text/en/policy';
import { common as viCommon } from '../../text/vi/common';
import { policy as vi } from '../../text/vi/policy';

export const useText = textOf({ ...viCommon, ...vi }, { ...enCommon, ...en });
export type Text = ReturnType<typeof useText>;
