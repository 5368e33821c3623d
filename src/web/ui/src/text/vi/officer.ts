/** Words of the pages that officers log in to. */
export const officer = {
  loginTitle: 'Đăng nhập',
  loginName: 'Tên đăng nhập',
  password: 'Mật khẩu',
  login: 'Đăng nhập',
  logout: 'Đăng xuất',
  expired: 'Phiên làm việc đã hết. Đăng nhập lại; phần đang nhập đã lưu.',
  switchLanguage: 'English',
  help: 'Hướng dẫn',
} as const;
