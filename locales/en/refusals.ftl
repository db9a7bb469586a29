### What a refused client is told. Clients parse the English texts: their shape is published.
###
### $count   the burst of the limit
### $period  the period of the limit, as Go writes it: 168h0m0s
### $prefix  the length of the network prefix: 48
### $subject the registered domain or identifier at fault
### $until   when to retry: 2026-11-23 10:00:00 UTC
### $link    the section of the limits page, or the page to unpause at
### $names   the paused identifiers, quoted and separated by commas

new-registrations-per-ip = too many new registrations ({ $count }) from this IP address in the last { $period }, retry after { $until }: see { $link }
new-registrations-per-ipv6-range = too many new registrations ({ $count }) from this /{ $prefix } subnet of IPv6 addresses in the last { $period }, retry after { $until }: see { $link }
new-orders-per-account = too many new orders ({ $count }) from this account in the last { $period }, retry after { $until }: see { $link }
certificates-per-registered-domain = too many certificates ({ $count }) already issued for "{ $subject }" in the last { $period }, retry after { $until }: see { $link }
certificates-per-exact-set = too many certificates ({ $count }) already issued for this exact set of identifiers in the last { $period }, retry after { $until }: see { $link }
authorization-failures-per-identifier = too many failed authorizations ({ $count }) for "{ $subject }" in the last { $period }, retry after { $until }: see { $link }
consecutive-authorization-failures = too many consecutive failed authorizations ({ $count }) for "{ $subject }" in the last { $period }, retry after { $until }: see { $link }
override-requests-per-ip = too many override request form submissions ({ $count }) from this IP address in the last { $period }, retry after { $until }: see { $link }

paused = validation failed too often in a row for { $names }, so this account cannot order for these identifiers; waiting does not help: fix the cause, then unpause at { $link }
paused-and-more = validation failed too often in a row for { $names } and more, so this account cannot order for these identifiers; waiting does not help: fix the cause, then unpause at { $link }

too-many-requests = too many requests from this IP address, slow down and retry later
unavailable = rate limits cannot be checked at the moment, retry later
