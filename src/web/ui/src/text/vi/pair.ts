/** What a kiosk, a hall screen or a tablet says until it is let in. */
export const pair = {
  showCode: 'Nhờ lãnh đạo trung tâm duyệt mã này ở bàn làm việc, trang Thiết bị:',
  waitsForYes: 'Đang chờ duyệt. Mã tự đổi sau mỗi 10~phút.',
  saidYes: 'Đã được duyệt. Đang mở trang.',
  saidNo: 'Yêu cầu ghép thiết bị không được duyệt.',
  askAgain: 'Xin ghép lại',
  refusedTokenBody: 'Mã cũ của thiết bị đã bị thu hồi hoặc không đúng loại.',
  putOutBody: 'Thiết bị này đã bị thu hồi. Muốn dùng lại thì xin ghép lại.',
  orCommand: 'Hoặc tạo mã trên máy chủ trung tâm:',
} as const;
