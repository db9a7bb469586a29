### What the pages say. Numbers and durations come as finished texts; $n is the bare number, for the plural.

all-limits = All rate limits
as-json = The same for programs, as JSON
language = Language
starts-from = The numbers start from the policy { $preset }.
every-day = { $n ->
    [one] every day
   *[other] every { $count } days
}
every-hour = { $n ->
    [one] every hour
   *[other] every { $count } hours
}
every-minute = { $n ->
    [one] every minute
   *[other] every { $count } minutes
}
every-second = { $n ->
    [one] every second
   *[other] every { $count } seconds
}
every-millisecond = { $n ->
    [one] every millisecond
   *[other] every { $count } milliseconds
}
for-day = { $n ->
    [one] { $count } day
   *[other] { $count } days
}
for-hour = { $n ->
    [one] { $count } hour
   *[other] { $count } hours
}
for-minute = { $n ->
    [one] { $count } minute
   *[other] { $count } minutes
}
for-second = { $n ->
    [one] { $count } second
   *[other] { $count } seconds
}
for-millisecond = { $n ->
    [one] { $count } millisecond
   *[other] { $count } milliseconds
}

limits-title = Rate limits
limits-lead = These limits are in force at this certificate authority now. A request that meets one is refused and told when to come back.
limit = Limit
allowance = Allowance
reading-title = How to read the numbers
reading = Each limit is a bucket. It starts full, every use takes one out, and they come back evenly, one at a time: there is no day or hour at which everything starts again. So "50 every 7 days" means that 50 can be used at once, and that one comes back about every 202 minutes after that.
each-title = Each limit
counted-per = Counted per
checked-at = Checked at
counted-at = Counted at
overrides = Overrides
in-configuration = Name
observed-only = Observed only: this limit is counted here, and nothing is refused for it.
observed-short = (observed only)
short = { $count } { $every }
short-burst = { $burst }, then { $refill }
at-once-number = { $count } at once
refill = Then { $whole }.
refill-one = Then about { $one } { $every } ({ $whole }).
one-account = 1 account
one-order = 1 order
one-certificate = 1 certificate
one-failure = 1 failed validation
one-request = 1 request
key-address = client address
key-range = IPv6 range of the client (/{ $prefix })
key-account = account
key-domain = registered domain, IPv4 address or IPv6 /64
key-account-domain = account and registered domain
key-set = set of identifiers
key-account-identifier = account and identifier
event-issuance = issuance
event-failed-validation = failed validation
event-override-form = override form
overrides-account = possible per account
overrides-domain = possible per domain or address
overrides-none = none
new-registrations-per-ip-title = New registrations per IP address
new-registrations-per-ip-counts = New accounts from one client address. Finding an existing account costs nothing.
new-registrations-per-ipv6-range-title = New registrations per IPv6 range
new-registrations-per-ipv6-range-counts = New accounts from one range of IPv6 addresses, beside the limit on each address.
new-orders-per-account-title = New orders per account
new-orders-per-account-counts = Orders an account creates. Renewals are exempt.
certificates-per-registered-domain-title = New certificates per registered domain
certificates-per-registered-domain-counts = Certificates issued for names of one registered domain, whatever the account. A certificate counts once for each of its domains. Renewals are exempt.
certificates-per-registered-domain-per-account-title = New certificates per registered domain and account
certificates-per-registered-domain-per-account-counts = Certificates issued to one account for names of one registered domain. Exists only as an override for an account, which then meets it instead of the limit on the domain.
certificates-per-exact-set-title = New certificates per exact set of identifiers
certificates-per-exact-set-counts = Certificates issued for exactly the same identifiers, whatever the account. Renewals by ARI are exempt, other renewals are not.
authorization-failures-per-identifier-title = Authorization failures per identifier and account
authorization-failures-per-identifier-counts = Validations of one identifier that failed for one account.
consecutive-authorization-failures-title = Consecutive authorization failures per identifier and account
consecutive-authorization-failures-counts = Validations of one identifier that failed for one account with no success between them. When it is used up, the identifier is paused for the account. One success resets it.
override-requests-per-ip-title = Override requests per IP address
override-requests-per-ip-counts = Requests for an override, made with the form of the portal.
identifiers-title = Identifiers per certificate
identifiers-numbers = { $count } in one order
identifiers-counts = DNS names and IP addresses in one order. The certificate authority behind may allow fewer.
profile = Profile

requests-title = Overall requests
requests-short = by resource
requests-lead = Requests of any kind, whoever signs them, counted per IPv4 address or IPv6 /{ $prefix }. A refusal has a Retry-After of some seconds.
requests-other = any other ACME resource
resource = Resource
per-second = Per second
at-once = At once
answer = Status

renewals-title = Renewals
renewals-ari-window = By ARI (RFC 9773): an order that names the certificate it replaces is exempt from every limit, when it comes inside the renewal window the certificate authority suggests, from the account the certificate was issued to, with at least one of its identifiers, and the first replacement. Outside the window it is accepted within the limits.
renewals-ari-always = By ARI (RFC 9773): an order that names the certificate it replaces is exempt from every limit, when it comes from the account the certificate was issued to, with at least one of its identifiers, and the first replacement.
renewals-ari-never = By ARI (RFC 9773): an order that names the certificate it replaces meets the same limits as any other.
renewals-set = By the same set: an order for exactly the identifiers of a certificate issued in the last { $period }, whatever the account, is exempt from the limits on new orders and on certificates per registered domain. The limits on the exact set and on authorization failures stay.
renewals-set-never = By the same set: an order for the identifiers of an earlier certificate meets the same limits as any other.
renewals-paused = A paused identifier is refused in renewals too.
pausing-title = Paused identifiers
pausing-why = An identifier that failed validation very many times for one account, without one success between, is paused for that account. Orders that name it are refused with a link to a page of this site, and no Retry-After: waiting does not help, looking into it does.
pausing-link = The link works for { $validity }. It lifts all pauses of the account, up to { $max } at once, and then they cannot come back for { $immunity }.
retrying-title = How to retry
retrying-1 = Wait as long as the Retry-After field of the answer says. The same request then passes, if nothing else was used in the meantime. Asking earlier is refused again and does not make the wait longer.
retrying-2 = When an order fails for another reason, wait longer each time: a minute, then ten minutes, an hour, a day. Add a random part, so that many machines do not come back together.
retrying-3 = Keep certificates and account keys where they survive a restart or a new container. Most who meet a limit ask again for a certificate they already have.
retrying-4 = Renew by ARI: ask renewalInfo when to renew, and name the old certificate in replaces.
retrying-5 = Test against a staging environment.

unpause-title = Paused identifiers
account = Account
unpause-lead = { $n ->
    [one] One identifier of this account failed validation so often that it is paused. Orders that name it are refused until you lift the pause.
   *[other] { $count } identifiers of this account failed validation so often that they are paused. Orders that name one of them are refused until you lift the pauses.
}
more = and { $count } more
more-only = { $n ->
    [one] one that this link does not name
   *[other] { $count } that this link does not name
}
check-title = Check this first
check-1 = Does each name still exist, and does its public DNS point at the machine that asks for the certificate? A name that moved away will fail again.
check-2 = Can the certificate authority reach it? For http-01 port 80 must answer from outside, for tls-alpn-01 port 443; for dns-01 the TXT record must be visible at every name server.
check-3 = Is there a CAA record that forbids this certificate authority?
check-4 = Is a client still running for names that are no longer needed? Stop it, or remove the names.
check-5 = Try the same names against a staging environment: what works there will work here.
then-title = Then lift the pauses
then = The button lifts the pauses of every identifier of this account.
then-more = The button lifts the pauses of every identifier of this account, not only of those listed.
then-immunity = They cannot be paused again for { $immunity }; the other limits stay.
unpause-button = { $n ->
    [one] Lift the pause
   *[other] Lift all { $count } pauses
}
unpause-button-some = Lift { $count } pauses
unpaused-title = { $n ->
    [one] The pause is lifted
   *[other] { $count } pauses are lifted
}
unpaused-lead = { $n ->
    [one] The identifier can be ordered again. Run your ACME client now, and see that the validation succeeds.
   *[other] The identifiers can be ordered again. Run your ACME client now, and see that the validations succeed.
}
unpaused-none-title = Nothing was paused
unpaused-none-lead = There was nothing left to lift. Run your ACME client again.
remaining = { $n ->
    [one] One more identifier of this account is paused.
   *[other] { $count } more identifiers of this account are paused.
}

nothing-paused-title = Nothing is paused
nothing-paused-text = This account has no paused identifiers any more. Its orders are accepted again, within the other limits.
link-expired-title = This link has expired
link-expired-text = Run your ACME client again: as long as an identifier is paused, the refusal carries a new link.
link-invalid-title = This link does not work
link-invalid-text = It is incomplete or was altered on its way. Copy the whole link from the refusal of your ACME client; logs and terminals sometimes break it at the end of a line.
foreign-form-title = This request came from another site
foreign-form-text = Open the page itself, by its address or by the link in the refusal of your ACME client, and use the button there.
not-a-form-title = This is not the form
not-a-form-text = Open the page itself, by its address or by the link in the refusal of your ACME client, and use the button there.
form-too-large-title = This is too large
form-too-large-text = Open the page itself, by its address or by the link in the refusal of your ACME client, and use the button there.
unavailable-title = Not possible just now
unavailable-text = The records of this certificate authority cannot be reached. Nothing was changed: try again in a minute.
no-such-page-title = There is no such page
no-such-page-text = The rate limits and what to do about them are on one page.
no-such-method-title = This page cannot do that
no-such-method-text = The rate limits and what to do about them are on one page.

pending-title = Clearing pending authorizations
pending-1 = An authorization stays pending when a client orders and then never answers its challenge. Pending authorizations have no limit of their own here, but each was part of an order that counted, and many of them are the trace of a client that stops half way.
pending-2 = To clear them, let the client finish: answer the challenge of each, even if it fails, or deactivate it by a POST of {"{"}"status": "deactivated"{"}"} to its URL (RFC 8555, 7.5.2). That needs the key of the account that ordered; the URLs are in the client's log. What nobody clears expires by itself.

refused = Refused by this limit? What happened, and what to do now
refused-message = What the client says
refused-answer = HTTP status { $status }. The numbers are those in force; the time, the domain and the link are an example.
refused-now = What to do now
refused-wait = Wait until then: the same request then passes.
refused-causes = Common causes
refused-staging-title = Test against staging
refused-staging-text = Try a new client, a new configuration or a new deployment against a staging environment, whose limits are much higher, until it succeeds twice in a row. Only then switch to this certificate authority.
refused-override-account = A higher limit can be asked for, per account. An override takes days, so it does not help with a deadline today.
refused-override-domain = A higher limit can be asked for, per domain or address. An override takes days, so it does not help with a deadline today.
refused-override-none = There are no overrides for this.
refused-help-title = How to get help
refused-help-text = Ask the operator of this certificate authority, or the people who make your ACME client. Give the whole message, the time, the account URL and the names you ordered. Never send anybody the account key or a private key.
refused-section = The limit, with all its numbers
refused-not-in-force = This limit is not in force at this certificate authority now.

too-many-registrations-for-this-ip-title = Too many registrations for this IP address
too-many-registrations-for-this-ip-cause-1 = Repeated deployments that lose the account key: a container or a build machine that starts empty makes a new account each time.
too-many-registrations-for-this-ip-cause-2 = One account per customer. One account can hold any number of domains; several accounts bring nothing.
too-many-registrations-for-this-ip-cause-3 = Many machines behind one address that each make an account at the same time.
too-many-registrations-for-this-ip-now-1 = Look for an account you already have, and use its key: finding an existing account is free.
too-many-registrations-for-this-ip-now-2 = Keep the account key on a volume that survives a restart, and copy it to the machines that need it.
too-many-registrations-for-this-ip-range-title = Too many registrations for this range of IPv6 addresses
too-many-registrations-for-this-ip-range-cause-1 = Many machines of one network that each make an account, every one from an address of its own.
too-many-registrations-for-this-ip-range-cause-2 = Repeated deployments that lose the account key, or one account per customer.
too-many-registrations-for-this-ip-range-cause-3 = A hosting network shared with others who make many accounts.
too-many-registrations-for-this-ip-range-now-1 = Use one account for all machines: share its key, or let one machine order for the others.
too-many-registrations-for-this-ip-range-now-2 = If others of the network use it up, register once from another network and then keep the account.
too-many-new-orders-recently-title = Too many new orders recently
too-many-new-orders-recently-cause-1 = A client that orders again at once whenever something fails, in a loop.
too-many-new-orders-recently-cause-2 = Every renewal at the same hour, where they could be spread over days.
too-many-new-orders-recently-cause-3 = A hosting platform that has grown beyond what one account may order.
too-many-new-orders-recently-now-1 = Stop the client that loops, and find out from its log why the orders fail.
too-many-new-orders-recently-now-2 = Renew by ARI, which is exempt, and spread first orders over time; several names of one site fit into one order.
too-many-certificates-already-issued-title = Too many certificates already issued for a domain
too-many-certificates-already-issued-cause-1 = A certificate of its own for each of many subdomains, where one for several names or a wildcard would do.
too-many-certificates-already-issued-cause-2 = Repeated deployments that ask for new certificates, because the earlier ones were not kept.
too-many-certificates-already-issued-cause-3 = Several teams or providers that order for the same domain without knowing of each other.
too-many-certificates-already-issued-now-1 = Look for a certificate you already have: most who meet this limit do.
too-many-certificates-already-issued-now-2 = Put several subdomains into one certificate, or use a wildcard. Revoking certificates gives nothing back.
too-many-certificates-already-issued-for-exact-set-of-domains-title = Too many certificates already issued for the exact set of domains
too-many-certificates-already-issued-for-exact-set-of-domains-cause-1 = A container that orders at every start and throws the certificate away when it stops.
too-many-certificates-already-issued-for-exact-set-of-domains-cause-2 = Installing again and again while something else, such as the web server, does not work.
too-many-certificates-already-issued-for-exact-set-of-domains-cause-3 = A renewal command that is forced and runs every day.
too-many-certificates-already-issued-for-exact-set-of-domains-now-1 = Use one of the certificates issued for these names; the client keeps them with their keys.
too-many-certificates-already-issued-for-exact-set-of-domains-now-2 = If all of them are lost and it cannot wait: a set with one name more or less is another set. Revoking certificates gives nothing back.
too-many-failed-authorizations-recently-title = Too many failed authorizations recently
too-many-failed-authorizations-recently-cause-1 = The DNS of the name points at another machine, or nowhere.
too-many-failed-authorizations-recently-cause-2 = A firewall or a proxy keeps the validation away from port 80 or 443, or the TXT record is not yet at every name server.
too-many-failed-authorizations-recently-cause-3 = A client that tries again at once after each failure.
too-many-failed-authorizations-recently-now-1 = Read the error of the last failed challenge in the client's log: it says what was found instead.
too-many-failed-authorizations-recently-now-2 = Correct it and try it against a staging environment before you come back here.
too-many-override-requests-title = Too many override requests
too-many-override-requests-cause-1 = The form was sent again and again for the same wish.
too-many-override-requests-cause-2 = A script fills in the form.
too-many-override-requests-now-1 = Requests already sent are read. Sending one again does not bring it forward.
paused-identifiers-title = Paused identifiers
paused-identifiers-cause-1 = A name that moved away or no longer exists, while a client still orders for it every day.
paused-identifiers-cause-2 = Customers whose domains no longer point at your platform, but are still in its list.
paused-identifiers-cause-3 = A CAA record that forbids this certificate authority.
paused-identifiers-now-1 = Find the cause and correct it; waiting does not help. Remove the names that are no longer yours from the client.
paused-identifiers-now-2 = Open the link in the refusal and lift the pauses there. If it is lost or expired, run the client again: the next refusal carries a new one.
too-many-requests-title = Too many requests
too-many-requests-cause-1 = Many clients behind one address that all start at the same minute, often at the full hour.
too-many-requests-cause-2 = A client that asks for the state of an order without a pause between.
too-many-requests-cause-3 = A loop that sends a request again as soon as it has failed.
too-many-requests-now-1 = Start timed jobs at a random minute, and ask for the state of an order every few seconds at most.

pages = Pages
test-ca = This certificate authority is for tests: its certificates are worthless.
nav-limits = Limits
nav-status = What is left
nav-override = Ask for more
status-title = What is left
status-lead = See how much is left of a limit, and when all of it is back. Looking uses nothing up.
status-domain = Registered domain
status-domain-hint = Like example.com. A name below it, such as www.example.com, counts for it.
status-names = All names of one certificate
status-names-hint = Separated by spaces or commas: the limit is on exactly this set of names.
status-address = IP address
status-address-hint = Filled in is the one you come from.
status-address-own-hint = Only the one you come from can be looked up here.
status-account-hint = What is left for an account is shown to its holder only: by the link in a refusal of your ACME client for paused names, or by a link that the operator of this certificate authority gives you.
status-look = Look up
status-as-of = As of { $time }.
status-counts-for = { $name } counts for the registered domain { $domain }.
status-left = { $left } of { $burst } left
status-next-at = Nothing is left. The next one is back in { $wait }, at { $time }.
status-full-at = All are back in { $wait }, at { $time }.
status-full = Nothing of it is in use.
status-none-paused = No identifier of this account is paused.
status-paused = { $n ->
    [one] One identifier of this account is paused.
   *[other] { $count } identifiers of this account are paused.
}
status-unpause = See what to check, and lift the pauses
status-off-title = This cannot be looked up here
status-off-text = The operator of this certificate authority lets you look up your own IP address only, and your account by a link.
status-too-many-title = Too many look-ups
status-too-many-text = You have looked up very often in a short time. Try again in { $wait }.
typed-empty = Nothing was filled in.
typed-name = This is no domain name. Write it like example.com.
typed-name-character = A domain name has no "{ $character }" in it. Write it like example.com, without anything before or behind.
typed-name-too-long = This is too long for a domain name.
typed-name-wildcard = A star can only stand at the beginning, as in *.example.com.
typed-names-too-many = A certificate has at most { $max } names here.
typed-address = This is no IP address. Write it like 192.0.2.1 or 2001:db8::1.
link-foreign-title = This link is not from here
link-foreign-text = It was made by another certificate authority, or with a key that has been replaced since. Run your ACME client again: as long as an identifier is paused, the refusal carries a link that works.
link-used-title = This link was used already
link-used-text = The pauses it is for were lifted at { $time }. Run your ACME client: its orders are accepted again, within the other limits.
link-used-since = { $n ->
    [one] One identifier was paused after that: run your ACME client for it, and use the link in that refusal.
   *[other] { $count } identifiers were paused after that: run your ACME client for them, and use the link in that refusal.
}

override-title = Ask for a higher limit
override-lead = An override gives one account, domain or address a higher limit every week. Most who meet a limit do not need one: they ask again for certificates they already have. The decision takes days, so it does not help with a deadline today.
override-which = A higher limit on what?
override-orders-title = New orders of an account
override-orders-text = For those whose one account makes very many first orders, such as a hosting platform. Renewals do not count anyway.
override-orders-subject = Account URL
override-domain-title = New certificates for a registered domain
override-domain-text = For one domain with very many names below it, whoever orders them.
override-domain-subject = Registered domain
override-domain-hint = The registered domain itself, such as example.com, not a name below it.
override-address-title = New certificates for an IP address
override-address-text = For one IP address that is in very many certificates.
override-address-subject = IP address
override-address-hint = Such as 192.0.2.1. An IPv6 address counts for its /64.
override-account-domains-title = New certificates for each domain of an account
override-account-domains-text = For those who order for domains of many others: every registered domain that the account orders for has this limit.
override-account-domains-subject = Account URL
override-account-hint = As your ACME client shows it: it begins with { $origin }.
override-tier = How many a week
override-tier-choose = Choose
override-weekly-orders = { $n ->
    [one] { $count } order a week
   *[other] { $count } orders a week
}
override-weekly-certificates = { $n ->
    [one] { $count } certificate a week
   *[other] { $count } certificates a week
}
override-email = E-mail address
override-email-told = The decision is sent there.
override-email-asked = For questions about this request.
override-organisation = Your organisation or name
override-use-case = What you need it for
override-use-case-hint = In 60 to 1,000 characters: what you run, how many names and certificates that makes, and why fewer do not do.
override-terms = I accept the terms of service of this certificate authority.
override-privacy = I agree that what I fill in here is kept and read for the decision, as its privacy policy says.
override-read = Read them
override-send = Send the request
override-mistakes = { $n ->
    [one] Nothing was sent yet: one field needs another look.
   *[other] Nothing was sent yet: { $count } fields need another look.
}
override-none-title = No override for these
new-registrations-per-ip-no-override = One account holds any number of domains, and finding an account you have is free. Keep its key.
new-registrations-per-ipv6-range-no-override = One account holds any number of domains, and machines of a network can share it.
certificates-per-exact-set-no-override = You have these certificates already. Use one of them, and keep it where it survives a restart.
authorization-failures-per-identifier-no-override = More attempts would only fail as well. Correct the cause and try it against a staging environment; the attempts come back by themselves.
consecutive-authorization-failures-no-override = Paused names are freed by the link in the refusal, at once and as often as needed.
override-requests-per-ip-no-override = Requests already sent are read; sending one again does not bring it forward.
override-too-many-title = Too many requests from your address
override-too-many-text = Requests already sent are read. The limit on this form:
override-full-title = Too many requests are waiting
override-full-text = Requests wait for a decision, and there is no room for more now. Try again in some days. This attempt was not counted.
override-unknown-title = There is no such request
override-unknown-text = The link is incomplete, or the request was decided so long ago that it is no longer kept. Copy the whole link.
override-request-title = Your request
override-request-for = For
override-request-at = Asked at
override-request-keep = Keep the address of this page to yourself: whoever has it can see this request, and nothing else leads back to it.
override-waiting = It has arrived and waits for a decision.
override-approved = It was approved at { $time }. The higher limit is in force, and what was used up comes back faster from now on: see what is left, and run your ACME client again.
override-denied = It was denied at { $time }. Nothing has changed.
typed-short = This needs at least { $min } characters, and has { $have }.
typed-long = This is too long: at most { $max } characters.
typed-control = There is a character in it that cannot be shown.
typed-email = This is no e-mail address.
typed-tier = Choose one of these.
typed-accept = Without this a request cannot be taken.
typed-domain-below = { $name } is not a registered domain itself. It counts for { $domain }: ask for that.
typed-domain-is-address = This is an IP address, and has a form of its own.
typed-account = This is no account URL. Those of this certificate authority begin with { $origin }.
typed-account-elsewhere = This account is of another certificate authority. Accounts here begin with { $origin }.
typed-account-unknown = No such account is known here. Copy its URL from your ACME client; an account is known once it was used.
mail-received-title = Your request for a higher limit: { $subject }
mail-received-text =
    Your request has arrived: { $tier } for { $subject }.

    See what became of it at
    { $link }

    Keep this link to yourself. If you did not ask for this, you need not do anything.
mail-approved-title = Approved: a higher limit for { $subject }
mail-approved-text =
    Your request was approved: { $tier } for { $subject }.

    { $reason }

    The higher limit is in force, and what was used up comes back faster from now on: see what is left, and run your ACME client again.
mail-denied-title = Denied: a higher limit for { $subject }
mail-denied-text =
    Your request was denied: { $tier } for { $subject }.

    { $reason }
refused-override-ask = Ask the operator of this certificate authority for it.
refused-until-title = Until when
refused-until-text = Until the time that the message names after "retry after". Or look it up:
refused-until-lifted = Until you lift the pause. Waiting does not help.
refused-until-seconds = For some seconds: the Retry-After field of the answer says how many. Or look up other limits:
