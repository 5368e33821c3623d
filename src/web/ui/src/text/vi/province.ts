/** Words of the leaders' figures of all centers; what a center's page has too stands in `figures`. */
export const province = {
  title: 'Số liệu toàn tỉnh',
  by_unit: 'Trung tâm',
  by_place: 'Nơi tiếp nhận',
  unit: 'Của trung tâm',
  allUnits: 'Tất cả trung tâm',
  tooLongForAll: 'Toàn tỉnh xem nhiều nhất {max}~ngày một lần. Chọn khoảng ngắn hơn, hoặc một trung tâm.',
  unitsCounted: '{count}~trung tâm có số liệu trong những ngày này.',
  chart: 'Số đã cấp và thời gian chờ',
  note: 'Tính từ phiếu đã về tỉnh; trung tâm mất kết nối thì thiếu phần chưa gửi. Mức chờ theo tệp chung của tỉnh. Không có số liệu theo cán bộ.',
  publicPage: 'Trang cho người dân: đang chờ ở đâu',
} as const;
