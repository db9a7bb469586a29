### Nội dung của các trang. Các biến được giải thích trong bản tiếng Anh.

all-limits = Tất cả các giới hạn
as-json = Nội dung này dành cho chương trình, dạng JSON
language = Ngôn ngữ
starts-from = Các con số bắt đầu từ chính sách { $preset }.
every-day = { $n ->
   *[other] mỗi { $count } ngày
}
every-hour = { $n ->
   *[other] mỗi { $count } giờ
}
every-minute = { $n ->
   *[other] mỗi { $count } phút
}
every-second = { $n ->
   *[other] mỗi { $count } giây
}
every-millisecond = { $n ->
   *[other] mỗi { $count } mili giây
}
for-day = { $n ->
   *[other] { $count } ngày
}
for-hour = { $n ->
   *[other] { $count } giờ
}
for-minute = { $n ->
   *[other] { $count } phút
}
for-second = { $n ->
   *[other] { $count } giây
}
for-millisecond = { $n ->
   *[other] { $count } mili giây
}

limits-title = Giới hạn sử dụng
limits-lead = Đây là các giới hạn đang có hiệu lực tại tổ chức cấp chứng chỉ này. Yêu cầu chạm tới một giới hạn sẽ bị từ chối và được cho biết khi nào có thể thử lại.
limit = Giới hạn
allowance = Mức cho phép
reading-title = Cách đọc các con số
reading = Mỗi giới hạn là một chiếc xô. Lúc đầu xô đầy, mỗi lần dùng lấy ra một đơn vị, và các đơn vị trở lại đều đặn từng cái một: không có ngày hay giờ nào mà mọi thứ bắt đầu lại. Vì vậy "50 mỗi 7 ngày" nghĩa là có thể dùng 50 cùng lúc, sau đó cứ khoảng 202 phút lại có thêm một.
each-title = Từng giới hạn
counted-per = Đếm theo
checked-at = Kiểm tra khi
counted-at = Đếm khi
overrides = Nới giới hạn
in-configuration = Tên
observed-only = Chỉ theo dõi: giới hạn này được đếm, nhưng không có gì bị từ chối vì nó.
observed-short = (chỉ theo dõi)
short = { $count } { $every }
short-burst = { $burst }, sau đó { $refill }
at-once-number = { $count } cùng lúc
refill = Sau đó { $whole }.
refill-one = Sau đó khoảng { $one } { $every } ({ $whole }).
one-account = 1 tài khoản
one-order = 1 đơn yêu cầu
one-certificate = 1 chứng chỉ
one-failure = 1 lần xác thực thất bại
one-request = 1 yêu cầu
key-address = địa chỉ của máy khách
key-range = dải IPv6 của máy khách (/{ $prefix })
key-account = tài khoản
key-domain = tên miền đăng ký, địa chỉ IPv4 hoặc IPv6 /64
key-account-domain = tài khoản và tên miền đăng ký
key-set = tập hợp định danh
key-account-identifier = tài khoản và định danh
event-issuance = cấp chứng chỉ
event-failed-validation = xác thực thất bại
event-override-form = biểu mẫu xin nới giới hạn
overrides-account = có thể, theo tài khoản
overrides-domain = có thể, theo tên miền hoặc địa chỉ
overrides-none = không có
new-registrations-per-ip-title = Đăng ký mới theo địa chỉ IP
new-registrations-per-ip-counts = Tài khoản mới từ một địa chỉ máy khách. Tìm lại một tài khoản đã có không bị tính.
new-registrations-per-ipv6-range-title = Đăng ký mới theo dải IPv6
new-registrations-per-ipv6-range-counts = Tài khoản mới từ một dải địa chỉ IPv6, bên cạnh giới hạn cho từng địa chỉ.
new-orders-per-account-title = Đơn yêu cầu mới theo tài khoản
new-orders-per-account-counts = Các đơn yêu cầu mà một tài khoản tạo ra. Gia hạn được miễn.
certificates-per-registered-domain-title = Chứng chỉ mới theo tên miền đăng ký
certificates-per-registered-domain-counts = Chứng chỉ được cấp cho các tên thuộc một tên miền đăng ký, bất kể tài khoản nào. Một chứng chỉ được tính một lần cho mỗi tên miền của nó. Gia hạn được miễn.
certificates-per-registered-domain-per-account-title = Chứng chỉ mới theo tên miền đăng ký và tài khoản
certificates-per-registered-domain-per-account-counts = Chứng chỉ được cấp cho một tài khoản với các tên thuộc một tên miền đăng ký. Chỉ có khi tài khoản được nới giới hạn; khi đó nó thay cho giới hạn của tên miền.
certificates-per-exact-set-title = Chứng chỉ mới theo đúng một tập hợp định danh
certificates-per-exact-set-counts = Chứng chỉ được cấp cho đúng cùng các định danh, bất kể tài khoản nào. Gia hạn bằng ARI được miễn, các cách gia hạn khác thì không.
authorization-failures-per-identifier-title = Xác thực thất bại theo định danh và tài khoản
authorization-failures-per-identifier-counts = Các lần xác thực một định danh bị thất bại của một tài khoản.
consecutive-authorization-failures-title = Xác thực thất bại liên tiếp theo định danh và tài khoản
consecutive-authorization-failures-counts = Các lần xác thực một định danh bị thất bại của một tài khoản mà không có lần thành công nào xen giữa. Khi dùng hết, định danh bị tạm dừng đối với tài khoản đó. Một lần thành công sẽ đặt lại từ đầu.
override-requests-per-ip-title = Yêu cầu nới giới hạn theo địa chỉ IP
override-requests-per-ip-counts = Các yêu cầu nới giới hạn gửi bằng biểu mẫu trên các trang này.
identifiers-title = Số định danh trong một chứng chỉ
identifiers-numbers = { $count } trong một đơn yêu cầu
identifiers-counts = Tên DNS và địa chỉ IP trong một đơn yêu cầu. Tổ chức cấp chứng chỉ phía sau có thể cho phép ít hơn.
profile = Hồ sơ

requests-title = Yêu cầu nói chung
requests-short = theo tài nguyên
requests-lead = Mọi loại yêu cầu, bất kể ai ký, đếm theo địa chỉ IPv4 hoặc IPv6 /{ $prefix }. Lời từ chối có Retry-After vài giây.
requests-other = mọi tài nguyên ACME khác
resource = Tài nguyên
per-second = Mỗi giây
at-once = Cùng lúc
answer = Mã trạng thái

renewals-title = Gia hạn
renewals-ari-window = Bằng ARI (RFC 9773): đơn yêu cầu nêu tên chứng chỉ mà nó thay thế được miễn mọi giới hạn khi đến trong khoảng thời gian gia hạn do tổ chức cấp chứng chỉ đề nghị, từ tài khoản đã được cấp chứng chỉ đó, có ít nhất một định danh của nó, và là lần thay thế đầu tiên. Ngoài khoảng thời gian ấy, đơn được nhận trong phạm vi các giới hạn.
renewals-ari-always = Bằng ARI (RFC 9773): đơn yêu cầu nêu tên chứng chỉ mà nó thay thế được miễn mọi giới hạn khi đến từ tài khoản đã được cấp chứng chỉ đó, có ít nhất một định danh của nó, và là lần thay thế đầu tiên.
renewals-ari-never = Bằng ARI (RFC 9773): đơn yêu cầu nêu tên chứng chỉ mà nó thay thế chịu các giới hạn như mọi đơn khác.
renewals-set = Bằng cùng tập hợp: đơn yêu cầu cho đúng các định danh của một chứng chỉ được cấp trong { $period } vừa qua, bất kể tài khoản nào, được miễn giới hạn về đơn yêu cầu mới và về chứng chỉ theo tên miền đăng ký. Giới hạn về đúng tập hợp và về xác thực thất bại vẫn còn.
renewals-set-never = Bằng cùng tập hợp: đơn yêu cầu cho các định danh của một chứng chỉ trước đó chịu các giới hạn như mọi đơn khác.
renewals-paused = Định danh bị tạm dừng cũng bị từ chối khi gia hạn.
pausing-title = Định danh bị tạm dừng
pausing-why = Một định danh bị xác thực thất bại rất nhiều lần đối với một tài khoản, không có lần thành công nào xen giữa, sẽ bị tạm dừng đối với tài khoản đó. Các đơn yêu cầu có tên nó bị từ chối kèm một liên kết tới một trang ở đây và không có Retry-After: chờ đợi không giúp ích, tìm nguyên nhân mới giúp.
pausing-link = Liên kết dùng được trong { $validity }. Nó bỏ mọi tạm dừng của tài khoản, tối đa { $max } cùng lúc, và sau đó chúng không thể trở lại trong { $immunity }.
retrying-title = Cách thử lại
retrying-1 = Hãy chờ đúng khoảng thời gian mà trường Retry-After của câu trả lời nêu. Khi đó chính yêu cầu ấy sẽ được chấp nhận, nếu trong lúc chờ không dùng thêm gì khác. Hỏi sớm hơn sẽ lại bị từ chối nhưng không làm thời gian chờ dài thêm.
retrying-2 = Khi một đơn yêu cầu thất bại vì lý do khác, mỗi lần hãy chờ lâu hơn: một phút, rồi mười phút, một giờ, một ngày. Thêm một phần ngẫu nhiên để nhiều máy không quay lại cùng lúc.
retrying-3 = Hãy giữ chứng chỉ và khóa tài khoản ở nơi chúng còn nguyên sau khi khởi động lại hoặc tạo container mới. Phần lớn những ai chạm giới hạn là đang xin lại chứng chỉ mà họ đã có.
retrying-4 = Hãy gia hạn bằng ARI: hỏi renewalInfo khi nào nên gia hạn, và nêu chứng chỉ cũ trong replaces.
retrying-5 = Hãy thử nghiệm trên môi trường staging.

unpause-title = Định danh bị tạm dừng
account = Tài khoản
unpause-lead = { $n ->
   *[other] { $count } định danh của tài khoản này bị xác thực thất bại nhiều đến mức đã bị tạm dừng. Các đơn yêu cầu có tên chúng bị từ chối cho đến khi bạn bỏ tạm dừng.
}
more = và { $count } định danh khác
more-only = { $n ->
   *[other] { $count } định danh mà liên kết này không nêu tên
}
check-title = Trước hết hãy kiểm tra
check-1 = Mỗi tên có còn tồn tại không, và DNS công khai của nó có trỏ tới máy đang xin chứng chỉ không? Tên đã chuyển đi nơi khác sẽ lại thất bại.
check-2 = Tổ chức cấp chứng chỉ có truy cập được nó không? Với http-01, cổng 80 phải trả lời từ bên ngoài; với tls-alpn-01 là cổng 443; với dns-01, bản ghi TXT phải thấy được trên mọi máy chủ tên.
check-3 = Có bản ghi CAA nào cấm tổ chức cấp chứng chỉ này không?
check-4 = Có máy khách nào vẫn chạy cho những tên không còn cần nữa không? Hãy dừng nó, hoặc bỏ các tên đó.
check-5 = Hãy thử các tên ấy trên môi trường staging: những gì chạy được ở đó cũng sẽ chạy được ở đây.
then-title = Sau đó bỏ tạm dừng
then = Nút này bỏ tạm dừng cho mọi định danh của tài khoản này.
then-more = Nút này bỏ tạm dừng cho mọi định danh của tài khoản này, không chỉ những định danh trong danh sách.
then-immunity = Chúng không thể bị tạm dừng lại trong { $immunity }; các giới hạn khác vẫn còn.
unpause-button = { $n ->
   *[other] Bỏ tất cả { $count } tạm dừng
}
unpause-button-some = Bỏ { $count } tạm dừng
unpaused-title = { $n ->
   *[other] Đã bỏ { $count } tạm dừng
}
unpaused-lead = { $n ->
   *[other] Có thể yêu cầu lại cho các định danh này. Hãy chạy máy khách ACME ngay bây giờ và xem việc xác thực có thành công không.
}
unpaused-none-title = Không có gì bị tạm dừng
unpaused-none-lead = Không còn gì để bỏ tạm dừng. Hãy chạy lại máy khách ACME.
remaining = { $n ->
   *[other] Còn { $count } định danh nữa của tài khoản này đang bị tạm dừng.
}

nothing-paused-title = Không có gì đang bị tạm dừng
nothing-paused-text = Tài khoản này không còn định danh nào bị tạm dừng. Các đơn yêu cầu của nó lại được nhận, trong phạm vi các giới hạn khác.
link-expired-title = Liên kết này đã hết hạn
link-expired-text = Hãy chạy lại máy khách ACME: chừng nào còn định danh bị tạm dừng, lời từ chối sẽ kèm liên kết mới.
link-invalid-title = Liên kết này không dùng được
link-invalid-text = Nó thiếu hoặc đã bị thay đổi trên đường đi. Hãy sao chép toàn bộ liên kết từ lời từ chối của máy khách ACME; nhật ký và cửa sổ dòng lệnh đôi khi ngắt nó ở cuối dòng.
foreign-form-title = Yêu cầu này đến từ một trang web khác
foreign-form-text = Hãy mở chính trang đó, bằng địa chỉ của nó hoặc bằng liên kết trong lời từ chối của máy khách ACME, và dùng nút ở đó.
not-a-form-title = Đây không phải là biểu mẫu
not-a-form-text = Hãy mở chính trang đó, bằng địa chỉ của nó hoặc bằng liên kết trong lời từ chối của máy khách ACME, và dùng nút ở đó.
form-too-large-title = Nội dung này quá lớn
form-too-large-text = Hãy mở chính trang đó, bằng địa chỉ của nó hoặc bằng liên kết trong lời từ chối của máy khách ACME, và dùng nút ở đó.
unavailable-title = Lúc này chưa thực hiện được
unavailable-text = Không truy cập được dữ liệu của tổ chức cấp chứng chỉ này. Không có gì bị thay đổi: hãy thử lại sau một phút.
no-such-page-title = Không có trang này
no-such-page-text = Các giới hạn và cách xử lý nằm trên cùng một trang.
no-such-method-title = Trang này không làm được việc đó
no-such-method-text = Các giới hạn và cách xử lý nằm trên cùng một trang.

pending-title = Dọn các ủy quyền đang chờ
pending-1 = Một ủy quyền ở trạng thái chờ khi máy khách đặt đơn rồi không trả lời thử thách của nó. Ở đây các ủy quyền đang chờ không có giới hạn riêng, nhưng mỗi ủy quyền thuộc về một đơn đã được tính, và có nhiều ủy quyền như vậy là dấu vết của một máy khách dừng giữa chừng.
pending-2 = Để dọn chúng, hãy để máy khách làm cho xong: trả lời thử thách của từng ủy quyền, kể cả khi thất bại, hoặc hủy kích hoạt bằng cách POST {"{"}"status": "deactivated"{"}"} tới URL của nó (RFC 8555, 7.5.2). Việc đó cần khóa của tài khoản đã đặt đơn; các URL có trong nhật ký của máy khách. Ủy quyền không ai dọn sẽ tự hết hạn.

refused = Bị giới hạn này từ chối? Điều gì đã xảy ra và cần làm gì bây giờ
refused-message = Máy khách báo gì
refused-answer = Trạng thái HTTP { $status }. Các con số là những số đang áp dụng; thời điểm, tên miền và liên kết chỉ là ví dụ.
refused-now = Cần làm gì bây giờ
refused-wait = Hãy chờ đến lúc đó: chính yêu cầu ấy sẽ được chấp nhận.
refused-causes = Nguyên nhân thường gặp
refused-staging-title = Hãy thử với môi trường thử nghiệm
refused-staging-text = Hãy thử máy khách mới, cấu hình mới hoặc bản triển khai mới với môi trường thử nghiệm (staging), nơi giới hạn cao hơn nhiều, cho đến khi thành công hai lần liên tiếp. Chỉ khi đó mới chuyển sang tổ chức cấp chứng chỉ này.
refused-override-account = Có thể xin giới hạn cao hơn cho từng tài khoản. Việc nới giới hạn mất nhiều ngày, nên không giúp được cho hạn chót hôm nay.
refused-override-domain = Có thể xin giới hạn cao hơn cho từng tên miền hoặc địa chỉ. Việc nới giới hạn mất nhiều ngày, nên không giúp được cho hạn chót hôm nay.
refused-override-none = Giới hạn này không thể được nới.
refused-help-title = Cách nhận trợ giúp
refused-help-text = Hãy hỏi đơn vị vận hành tổ chức cấp chứng chỉ này hoặc những người phát triển máy khách ACME của bạn. Hãy gửi toàn bộ thông báo, thời điểm, URL tài khoản và các tên bạn đã yêu cầu. Đừng bao giờ gửi khóa tài khoản hay khóa riêng cho bất kỳ ai.
refused-section = Giới hạn này cùng mọi con số của nó
refused-not-in-force = Giới hạn này hiện không được áp dụng tại tổ chức cấp chứng chỉ này.

too-many-registrations-for-this-ip-title = Quá nhiều đăng ký cho địa chỉ IP này
too-many-registrations-for-this-ip-cause-1 = Triển khai lặp lại làm mất khóa tài khoản: một container hay máy biên dịch khởi động từ trạng thái trống sẽ tạo tài khoản mới mỗi lần.
too-many-registrations-for-this-ip-cause-2 = Mỗi khách hàng một tài khoản. Một tài khoản có thể có bao nhiêu tên miền cũng được; nhiều tài khoản không đem lại gì thêm.
too-many-registrations-for-this-ip-cause-3 = Nhiều máy sau cùng một địa chỉ, mỗi máy tạo một tài khoản cùng lúc.
too-many-registrations-for-this-ip-now-1 = Hãy tìm tài khoản bạn đã có và dùng khóa của nó: tìm lại tài khoản sẵn có không tốn gì.
too-many-registrations-for-this-ip-now-2 = Hãy giữ khóa tài khoản trên ổ lưu trữ còn nguyên sau khi khởi động lại, và sao chép nó tới những máy cần đến.
too-many-registrations-for-this-ip-range-title = Quá nhiều đăng ký cho dải địa chỉ IPv6 này
too-many-registrations-for-this-ip-range-cause-1 = Nhiều máy trong một mạng, mỗi máy tạo một tài khoản từ địa chỉ riêng của mình.
too-many-registrations-for-this-ip-range-cause-2 = Triển khai lặp lại làm mất khóa tài khoản, hoặc mỗi khách hàng một tài khoản.
too-many-registrations-for-this-ip-range-cause-3 = Mạng lưu trữ dùng chung với những người khác cũng tạo nhiều tài khoản.
too-many-registrations-for-this-ip-range-now-1 = Hãy dùng một tài khoản cho mọi máy: chia sẻ khóa của nó, hoặc để một máy đặt đơn thay các máy khác.
too-many-registrations-for-this-ip-range-now-2 = Nếu người khác trong mạng dùng hết, hãy đăng ký một lần từ mạng khác rồi giữ lấy tài khoản đó.
too-many-new-orders-recently-title = Quá nhiều đơn yêu cầu mới gần đây
too-many-new-orders-recently-cause-1 = Máy khách đặt đơn lại ngay mỗi khi có lỗi, lặp mãi không dừng.
too-many-new-orders-recently-cause-2 = Mọi lần gia hạn dồn vào cùng một giờ, trong khi có thể trải ra nhiều ngày.
too-many-new-orders-recently-cause-3 = Nền tảng lưu trữ đã lớn hơn mức một tài khoản được phép yêu cầu.
too-many-new-orders-recently-now-1 = Hãy dừng máy khách đang lặp, và xem nhật ký của nó để biết vì sao các đơn thất bại.
too-many-new-orders-recently-now-2 = Hãy gia hạn bằng ARI, vốn được miễn, và trải các đơn đầu tiên theo thời gian; nhiều tên của một trang nằm gọn trong một đơn.
too-many-certificates-already-issued-title = Đã cấp quá nhiều chứng chỉ cho một tên miền
too-many-certificates-already-issued-cause-1 = Mỗi tên miền con một chứng chỉ riêng, trong khi một chứng chỉ cho nhiều tên hoặc một chứng chỉ đại diện là đủ.
too-many-certificates-already-issued-cause-2 = Triển khai lặp lại xin chứng chỉ mới vì những chứng chỉ trước không được giữ lại.
too-many-certificates-already-issued-cause-3 = Nhiều nhóm hoặc nhà cung cấp đặt đơn cho cùng một tên miền mà không biết đến nhau.
too-many-certificates-already-issued-now-1 = Hãy tìm chứng chỉ bạn đã có: phần lớn người gặp giới hạn này đều đã có.
too-many-certificates-already-issued-now-2 = Hãy gộp nhiều tên miền con vào một chứng chỉ, hoặc dùng chứng chỉ đại diện. Thu hồi chứng chỉ không trả lại gì.
too-many-certificates-already-issued-for-exact-set-of-domains-title = Đã cấp quá nhiều chứng chỉ cho đúng tập hợp tên miền này
too-many-certificates-already-issued-for-exact-set-of-domains-cause-1 = Container đặt đơn mỗi lần khởi động và vứt bỏ chứng chỉ khi dừng.
too-many-certificates-already-issued-for-exact-set-of-domains-cause-2 = Cài đặt lại nhiều lần trong khi thứ không hoạt động là thứ khác, chẳng hạn máy chủ web.
too-many-certificates-already-issued-for-exact-set-of-domains-cause-3 = Lệnh buộc gia hạn chạy hằng ngày.
too-many-certificates-already-issued-for-exact-set-of-domains-now-1 = Hãy dùng một trong các chứng chỉ đã cấp cho những tên này; máy khách giữ chúng cùng với khóa.
too-many-certificates-already-issued-for-exact-set-of-domains-now-2 = Nếu đã mất hết và không thể chờ: tập hợp thêm hoặc bớt một tên là một tập hợp khác. Thu hồi chứng chỉ không trả lại gì.
too-many-failed-authorizations-recently-title = Quá nhiều lần xác thực thất bại gần đây
too-many-failed-authorizations-recently-cause-1 = DNS của tên trỏ tới máy khác, hoặc không trỏ tới đâu.
too-many-failed-authorizations-recently-cause-2 = Tường lửa hoặc proxy chặn việc xác thực tới cổng 80 hoặc 443, hoặc bản ghi TXT chưa có ở mọi máy chủ tên.
too-many-failed-authorizations-recently-cause-3 = Máy khách thử lại ngay sau mỗi lần thất bại.
too-many-failed-authorizations-recently-now-1 = Hãy đọc lỗi của thử thách thất bại gần nhất trong nhật ký máy khách: lỗi đó cho biết đã tìm thấy gì thay vào đó.
too-many-failed-authorizations-recently-now-2 = Hãy sửa lỗi và thử với môi trường thử nghiệm trước khi quay lại đây.
too-many-override-requests-title = Quá nhiều yêu cầu nới giới hạn
too-many-override-requests-cause-1 = Biểu mẫu được gửi đi gửi lại cho cùng một mong muốn.
too-many-override-requests-cause-2 = Một chương trình tự động điền biểu mẫu.
too-many-override-requests-now-1 = Các yêu cầu đã gửi đều được đọc. Gửi lại không làm cho yêu cầu được xét sớm hơn.
paused-identifiers-title = Định danh bị tạm dừng
paused-identifiers-cause-1 = Một tên đã chuyển đi hoặc không còn tồn tại, trong khi máy khách vẫn đặt đơn cho nó mỗi ngày.
paused-identifiers-cause-2 = Khách hàng có tên miền không còn trỏ tới nền tảng của bạn nhưng vẫn nằm trong danh sách.
paused-identifiers-cause-3 = Bản ghi CAA cấm tổ chức cấp chứng chỉ này.
paused-identifiers-now-1 = Hãy tìm nguyên nhân và khắc phục; chờ đợi không giúp ích. Hãy bỏ khỏi máy khách những tên không còn là của bạn.
paused-identifiers-now-2 = Hãy mở liên kết trong lời từ chối và bỏ tạm dừng tại đó. Nếu liên kết đã mất hoặc hết hạn, hãy chạy lại máy khách: lời từ chối kế tiếp có liên kết mới.
too-many-requests-title = Quá nhiều yêu cầu
too-many-requests-cause-1 = Nhiều máy khách sau cùng một địa chỉ đều khởi động vào cùng một phút, thường là đúng giờ chẵn.
too-many-requests-cause-2 = Máy khách hỏi trạng thái của đơn liên tục không nghỉ.
too-many-requests-cause-3 = Vòng lặp gửi lại yêu cầu ngay khi vừa thất bại.
too-many-requests-now-1 = Hãy chạy tác vụ định kỳ vào một phút ngẫu nhiên, và chỉ hỏi trạng thái của đơn cách nhau ít nhất vài giây.

pages = Các trang
test-ca = Tổ chức cấp chứng chỉ này dùng để thử nghiệm: chứng chỉ của nó không có giá trị.
nav-limits = Giới hạn
nav-status = Còn lại
nav-override = Xin cao hơn
status-title = Còn lại bao nhiêu
status-lead = Xem một giới hạn còn lại bao nhiêu và khi nào đầy trở lại. Việc xem không tiêu tốn gì.
status-domain = Tên miền đã đăng ký
status-domain-hint = Ví dụ example.com. Tên nằm dưới nó, như www.example.com, được tính cho nó.
status-names = Mọi tên của một chứng chỉ
status-names-hint = Cách nhau bằng dấu cách hoặc dấu phẩy: giới hạn áp dụng cho đúng tập hợp tên này.
status-address = Địa chỉ IP
status-address-hint = Địa chỉ của bạn đã được điền sẵn.
status-address-own-hint = Ở đây chỉ xem được địa chỉ của chính bạn.
status-account-hint = Phần còn lại của một tài khoản chỉ hiện cho chủ tài khoản: qua liên kết trong lời từ chối mà máy khách ACME nhận được cho các tên bị tạm dừng, hoặc qua liên kết do đơn vị vận hành tổ chức cấp chứng chỉ này đưa cho bạn.
status-look = Xem
status-as-of = Tính đến { $time }.
status-counts-for = { $name } được tính cho tên miền đã đăng ký { $domain }.
status-left = Còn { $left } trên { $burst }
status-next-at = Không còn gì. Đơn vị tiếp theo có lại sau { $wait }, lúc { $time }.
status-full-at = Tất cả có lại sau { $wait }, lúc { $time }.
status-full = Chưa dùng gì.
status-none-paused = Không có định danh nào của tài khoản này bị tạm dừng.
status-paused = { $n ->
   *[other] { $count } định danh của tài khoản này đang bị tạm dừng.
}
status-unpause = Xem cần kiểm tra gì và bỏ tạm dừng
status-off-title = Không thể xem mục này ở đây
status-off-text = Đơn vị vận hành tổ chức cấp chứng chỉ này chỉ cho xem địa chỉ IP của chính bạn, và tài khoản của bạn qua một liên kết.
status-too-many-title = Xem quá nhiều lần
status-too-many-text = Bạn đã xem rất nhiều lần trong thời gian ngắn. Hãy thử lại sau { $wait }.
typed-empty = Chưa điền gì.
typed-name = Đây không phải là tên miền. Hãy viết như example.com.
typed-name-character = Tên miền không có "{ $character }". Hãy viết như example.com, không thêm gì trước hay sau.
typed-name-too-long = Quá dài đối với một tên miền.
typed-name-wildcard = Dấu sao chỉ có thể đứng đầu, như trong *.example.com.
typed-names-too-many = Ở đây một chứng chỉ có nhiều nhất { $max } tên.
typed-address = Đây không phải là địa chỉ IP. Hãy viết như 192.0.2.1 hoặc 2001:db8::1.
link-foreign-title = Liên kết này không phải của nơi đây
link-foreign-text = Nó do một tổ chức cấp chứng chỉ khác tạo ra, hoặc bằng một khóa đã được thay. Hãy chạy lại máy khách ACME: chừng nào còn định danh bị tạm dừng, lời từ chối sẽ kèm liên kết dùng được.
link-used-title = Liên kết này đã được dùng
link-used-text = Các tạm dừng của nó đã được bỏ lúc { $time }. Hãy chạy máy khách ACME: các đơn yêu cầu của nó lại được nhận, trong phạm vi các giới hạn khác.
link-used-since = { $n ->
   *[other] Sau đó có { $count } định danh bị tạm dừng: hãy chạy máy khách ACME cho chúng và dùng liên kết trong lời từ chối đó.
}

override-title = Xin giới hạn cao hơn
override-lead = Việc nới giới hạn cho một tài khoản, một tên miền hoặc một địa chỉ mức cao hơn mỗi tuần. Phần lớn những ai chạm giới hạn không cần đến: họ đang xin lại chứng chỉ đã có. Quyết định mất nhiều ngày, nên không giúp được cho hạn chót hôm nay.
override-which = Giới hạn cao hơn cho việc gì?
override-orders-title = Đơn yêu cầu mới của một tài khoản
override-orders-text = Dành cho bên có một tài khoản tạo rất nhiều đơn lần đầu, như nền tảng lưu trữ. Việc gia hạn vốn không bị tính.
override-orders-subject = URL tài khoản
override-domain-title = Chứng chỉ mới cho một tên miền đã đăng ký
override-domain-text = Dành cho một tên miền có rất nhiều tên bên dưới, bất kể ai đặt đơn.
override-domain-subject = Tên miền đã đăng ký
override-domain-hint = Chính tên miền đã đăng ký, như example.com, không phải tên nằm dưới nó.
override-address-title = Chứng chỉ mới cho một địa chỉ IP
override-address-text = Dành cho một địa chỉ IP nằm trong rất nhiều chứng chỉ.
override-address-subject = Địa chỉ IP
override-address-hint = Ví dụ 192.0.2.1. Địa chỉ IPv6 được tính cho /64 của nó.
override-account-domains-title = Chứng chỉ mới cho từng tên miền của một tài khoản
override-account-domains-text = Dành cho bên đặt đơn cho tên miền của nhiều người khác: mỗi tên miền đã đăng ký mà tài khoản đặt đơn có giới hạn này.
override-account-domains-subject = URL tài khoản
override-account-hint = Như máy khách ACME của bạn hiển thị: nó bắt đầu bằng { $origin }.
override-tier = Bao nhiêu mỗi tuần
override-tier-choose = Hãy chọn
override-weekly-orders = { $n ->
   *[other] { $count } đơn mỗi tuần
}
override-weekly-certificates = { $n ->
   *[other] { $count } chứng chỉ mỗi tuần
}
override-email = Địa chỉ e-mail
override-email-told = Quyết định sẽ được gửi tới đó.
override-email-asked = Để hỏi thêm về yêu cầu này.
override-organisation = Tổ chức hoặc tên của bạn
override-use-case = Bạn cần nó để làm gì
override-use-case-hint = Từ 60 đến 1.000 ký tự: bạn vận hành gì, việc đó cần bao nhiêu tên và chứng chỉ, và vì sao ít hơn thì không đủ.
override-terms = Tôi chấp nhận điều khoản dịch vụ của tổ chức cấp chứng chỉ này.
override-privacy = Tôi đồng ý để những gì tôi điền ở đây được lưu và đọc để ra quyết định, theo chính sách quyền riêng tư của tổ chức.
override-read = Đọc
override-send = Gửi yêu cầu
override-mistakes = { $n ->
   *[other] Chưa gửi gì: có { $count } mục cần xem lại.
}
override-none-title = Không nới các giới hạn này
new-registrations-per-ip-no-override = Một tài khoản có thể có bao nhiêu tên miền cũng được, và tìm lại tài khoản sẵn có không tốn gì. Hãy giữ khóa của nó.
new-registrations-per-ipv6-range-no-override = Một tài khoản có thể có bao nhiêu tên miền cũng được, và các máy trong một mạng có thể dùng chung.
certificates-per-exact-set-no-override = Bạn đã có các chứng chỉ này. Hãy dùng một trong số đó và giữ ở nơi còn nguyên sau khi khởi động lại.
authorization-failures-per-identifier-no-override = Thử thêm cũng sẽ thất bại. Hãy sửa nguyên nhân và thử trên môi trường staging; số lần thử sẽ tự trở lại.
consecutive-authorization-failures-no-override = Tên bị tạm dừng được giải phóng bằng liên kết trong lời từ chối, ngay lập tức và bao nhiêu lần cũng được.
override-requests-per-ip-no-override = Các yêu cầu đã gửi đều được đọc; gửi lại không làm nó nhanh hơn.
override-too-many-title = Quá nhiều yêu cầu từ địa chỉ của bạn
override-too-many-text = Các yêu cầu đã gửi đều được đọc. Giới hạn của biểu mẫu này:
override-full-title = Quá nhiều yêu cầu đang chờ
override-full-text = Các yêu cầu đang chờ quyết định và hiện không còn chỗ. Hãy thử lại sau vài ngày. Lần thử này không bị tính.
override-unknown-title = Không có yêu cầu này
override-unknown-text = Liên kết bị thiếu, hoặc yêu cầu đã được quyết định quá lâu nên không còn lưu. Hãy sao chép toàn bộ liên kết.
override-request-title = Yêu cầu của bạn
override-request-for = Cho
override-request-at = Gửi lúc
override-request-keep = Hãy giữ kín địa chỉ trang này: ai có nó đều xem được yêu cầu, và không còn đường nào khác dẫn lại đây.
override-waiting = Yêu cầu đã đến nơi và đang chờ quyết định.
override-approved = Yêu cầu được chấp thuận lúc { $time }. Giới hạn cao hơn đang có hiệu lực, và phần đã dùng hết từ nay trở lại nhanh hơn: hãy xem còn lại bao nhiêu rồi chạy lại máy khách ACME.
override-denied = Yêu cầu bị từ chối lúc { $time }. Không có gì thay đổi.
typed-short = Cần ít nhất { $min } ký tự, hiện có { $have }.
typed-long = Quá dài: nhiều nhất { $max } ký tự.
typed-control = Có một ký tự không thể hiển thị.
typed-email = Đây không phải là địa chỉ e-mail.
typed-tier = Hãy chọn một trong các mục này.
typed-accept = Thiếu điều này thì không thể nhận yêu cầu.
typed-domain-below = { $name } không phải là tên miền đã đăng ký. Nó được tính cho { $domain }: hãy xin cho tên đó.
typed-domain-is-address = Đây là địa chỉ IP, có biểu mẫu riêng.
typed-account = Đây không phải là URL tài khoản. URL của tổ chức cấp chứng chỉ này bắt đầu bằng { $origin }.
typed-account-elsewhere = Tài khoản này thuộc tổ chức cấp chứng chỉ khác. Tài khoản ở đây bắt đầu bằng { $origin }.
typed-account-unknown = Ở đây không biết tài khoản này. Hãy sao chép URL từ máy khách ACME; tài khoản được biết đến sau lần dùng đầu tiên.
mail-received-title = Yêu cầu giới hạn cao hơn của bạn: { $subject }
mail-received-text =
    Yêu cầu của bạn đã đến nơi: { $tier } cho { $subject }.

    Xem kết quả tại
    { $link }

    Hãy giữ kín liên kết này. Nếu bạn không gửi yêu cầu, bạn không cần làm gì.
mail-approved-title = Chấp thuận: giới hạn cao hơn cho { $subject }
mail-approved-text =
    Yêu cầu của bạn được chấp thuận: { $tier } cho { $subject }.

    { $reason }

    Giới hạn cao hơn đang có hiệu lực, và phần đã dùng hết từ nay trở lại nhanh hơn: hãy xem còn lại bao nhiêu rồi chạy lại máy khách ACME.
mail-denied-title = Từ chối: giới hạn cao hơn cho { $subject }
mail-denied-text =
    Yêu cầu của bạn bị từ chối: { $tier } cho { $subject }.

    { $reason }
refused-override-ask = Hãy hỏi đơn vị vận hành tổ chức cấp chứng chỉ này.
refused-until-title = Đến khi nào
refused-until-text = Đến thời điểm mà thông báo nêu sau "retry after". Hoặc xem tại:
refused-until-lifted = Đến khi bạn bỏ tạm dừng. Chờ đợi không giúp được gì.
refused-until-seconds = Trong vài giây: trường Retry-After của câu trả lời cho biết bao nhiêu. Hoặc xem các giới hạn khác:
