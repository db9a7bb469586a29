### Nội dung báo cho máy khách bị từ chối. Các biến được giải thích trong bản tiếng Anh.

new-registrations-per-ip = quá nhiều đăng ký mới ({ $count }) từ địa chỉ IP này trong { $period } vừa qua, hãy thử lại sau { $until }: xem { $link }
new-registrations-per-ipv6-range = quá nhiều đăng ký mới ({ $count }) từ mạng con /{ $prefix } địa chỉ IPv6 này trong { $period } vừa qua, hãy thử lại sau { $until }: xem { $link }
new-orders-per-account = quá nhiều đơn yêu cầu mới ({ $count }) từ tài khoản này trong { $period } vừa qua, hãy thử lại sau { $until }: xem { $link }
certificates-per-registered-domain = đã cấp quá nhiều chứng chỉ ({ $count }) cho "{ $subject }" trong { $period } vừa qua, hãy thử lại sau { $until }: xem { $link }
certificates-per-exact-set = đã cấp quá nhiều chứng chỉ ({ $count }) cho đúng tập hợp định danh này trong { $period } vừa qua, hãy thử lại sau { $until }: xem { $link }
authorization-failures-per-identifier = quá nhiều lần xác thực thất bại ({ $count }) đối với "{ $subject }" trong { $period } vừa qua, hãy thử lại sau { $until }: xem { $link }
consecutive-authorization-failures = quá nhiều lần xác thực thất bại liên tiếp ({ $count }) đối với "{ $subject }" trong { $period } vừa qua, hãy thử lại sau { $until }: xem { $link }
override-requests-per-ip = quá nhiều lần gửi biểu mẫu xin nới giới hạn ({ $count }) từ địa chỉ IP này trong { $period } vừa qua, hãy thử lại sau { $until }: xem { $link }

paused = việc xác thực đã thất bại quá nhiều lần liên tiếp đối với { $names }, nên tài khoản này không thể yêu cầu cho các định danh này; chờ đợi không giúp ích: hãy khắc phục nguyên nhân rồi bỏ tạm dừng tại { $link }
paused-and-more = việc xác thực đã thất bại quá nhiều lần liên tiếp đối với { $names } và các định danh khác, nên tài khoản này không thể yêu cầu cho các định danh này; chờ đợi không giúp ích: hãy khắc phục nguyên nhân rồi bỏ tạm dừng tại { $link }

too-many-requests = quá nhiều yêu cầu từ địa chỉ IP này, hãy giảm tốc độ và thử lại sau
unavailable = hiện không thể kiểm tra các giới hạn, hãy thử lại sau
