/**
 * The sentences of the pages in Vietnamese, a file for each surface and this one for what they share
 * (a module each, so that a screen in the hall does not load the officers' words). The words are those
 * of the counter: «Ông/Bà» to citizens, no pronoun to officers, no exclamation marks, and always what
 * to do next. `{name}` is filled in; `~` is a space at which no line breaks.
 */
export const common = {
  retry: 'Thử lại',
  reload: 'Tải lại',
  close: 'Đóng',
  cancel: 'Hủy bỏ',
  loading: 'Đang tải dữ liệu',
  language: 'Ngôn ngữ',
  unreachable: 'Không kết nối được máy chủ trung tâm. Kiểm tra dây mạng, rồi thử lại.',
  refusedOther: 'Yêu cầu không được chấp nhận ({code}). Thử lại hoặc báo quản trị đơn vị.',
  noTokenTitle: 'Thiết bị chưa được đăng ký',
  tokenRefusedTitle: 'Mã thiết bị không còn hiệu lực',
  notAtServer: 'Chưa kết nối được máy chủ trung tâm',
  notAtServerBody: 'Trang sẽ tự chạy lại khi có kết nối.',
} as const;
