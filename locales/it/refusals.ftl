### Cosa viene detto a un client rifiutato. Le variabili sono spiegate nel testo inglese.

new-registrations-per-ip = troppe nuove registrazioni ({ $count }) da questo indirizzo IP nelle ultime { $period }, riprovare dopo { $until }: vedere { $link }
new-registrations-per-ipv6-range = troppe nuove registrazioni ({ $count }) da questa sottorete /{ $prefix } di indirizzi IPv6 nelle ultime { $period }, riprovare dopo { $until }: vedere { $link }
new-orders-per-account = troppi nuovi ordini ({ $count }) da questo account nelle ultime { $period }, riprovare dopo { $until }: vedere { $link }
certificates-per-registered-domain = troppi certificati ({ $count }) già emessi per "{ $subject }" nelle ultime { $period }, riprovare dopo { $until }: vedere { $link }
certificates-per-exact-set = troppi certificati ({ $count }) già emessi esattamente per questo insieme di identificatori nelle ultime { $period }, riprovare dopo { $until }: vedere { $link }
authorization-failures-per-identifier = troppe autorizzazioni fallite ({ $count }) per "{ $subject }" nelle ultime { $period }, riprovare dopo { $until }: vedere { $link }
consecutive-authorization-failures = troppe autorizzazioni fallite di seguito ({ $count }) per "{ $subject }" nelle ultime { $period }, riprovare dopo { $until }: vedere { $link }
override-requests-per-ip = troppe richieste di deroga inviate con il modulo ({ $count }) da questo indirizzo IP nelle ultime { $period }, riprovare dopo { $until }: vedere { $link }

paused = la convalida è fallita troppe volte di seguito per { $names }, perciò questo account non può ordinare per questi identificatori; attendere non serve: correggere la causa, poi togliere la sospensione da { $link }
paused-and-more = la convalida è fallita troppe volte di seguito per { $names } e altri, perciò questo account non può ordinare per questi identificatori; attendere non serve: correggere la causa, poi togliere la sospensione da { $link }

too-many-requests = troppe richieste da questo indirizzo IP, rallentare e riprovare più tardi
unavailable = al momento non è possibile verificare i limiti, riprovare più tardi
