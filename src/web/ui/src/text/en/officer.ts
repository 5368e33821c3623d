import type { Same } from '../text';
import type { officer as vi } from '../vi/officer';

export const officer: Same<typeof vi> = {
  loginTitle: 'Log in',
  loginName: 'Login name',
  password: 'Password',
  login: 'Log in',
  logout: 'Log out',
  expired: 'The session has ended. Log in again; what was typed is kept.',
  switchLanguage: 'Tiếng Việt',
  help: 'Guide',
};
