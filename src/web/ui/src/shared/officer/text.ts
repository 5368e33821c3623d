import { textOf } from '../../text/text';
import { common as enCommon } from '../../text/en/common';
import { officer as en } from '../../text/en/officer';
import { common as viCommon } from '../../text/vi/common';
import { officer as vi } from '../../text/vi/officer';

export const useText = textOf({ ...viCommon, ...vi }, { ...enCommon, ...en });
