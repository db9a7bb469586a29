### Cosa dicono le pagine. Le variabili sono spiegate nel testo inglese.

all-limits = Tutti i limiti
as-json = Lo stesso per i programmi, in JSON
language = Lingua
starts-from = I numeri partono dalla politica { $preset }.
every-day = { $n ->
    [one] ogni giorno
   *[other] ogni { $count } giorni
}
every-hour = { $n ->
    [one] ogni ora
   *[other] ogni { $count } ore
}
every-minute = { $n ->
    [one] ogni minuto
   *[other] ogni { $count } minuti
}
every-second = { $n ->
    [one] ogni secondo
   *[other] ogni { $count } secondi
}
every-millisecond = { $n ->
    [one] ogni millisecondo
   *[other] ogni { $count } millisecondi
}
for-day = { $n ->
    [one] { $count } giorno
   *[other] { $count } giorni
}
for-hour = { $n ->
    [one] { $count } ora
   *[other] { $count } ore
}
for-minute = { $n ->
    [one] { $count } minuto
   *[other] { $count } minuti
}
for-second = { $n ->
    [one] { $count } secondo
   *[other] { $count } secondi
}
for-millisecond = { $n ->
    [one] { $count } millisecondo
   *[other] { $count } millisecondi
}

limits-title = Limiti di frequenza
limits-lead = Questi limiti sono in vigore ora presso questa autorità di certificazione. Una richiesta che ne raggiunge uno viene rifiutata, e la risposta dice quando riprovare.
limit = Limite
allowance = Consentiti
reading-title = Come leggere i numeri
reading = Ogni limite è un secchio. All'inizio è pieno, ogni uso ne toglie un'unità, e le unità tornano una alla volta a intervalli regolari: non c'è un giorno o un'ora in cui tutto ricomincia. Così "50 ogni 7 giorni" significa che se ne possono usare 50 in una volta, e che poi ne torna uno circa ogni 202 minuti.
each-title = I limiti uno per uno
counted-per = Contato per
checked-at = Verificato a
counted-at = Contato a
overrides = Deroghe
in-configuration = Nome
observed-only = Solo osservato: questo limite viene contato, ma nulla viene rifiutato per causa sua.
observed-short = (solo osservato)
short = { $count } { $every }
short-burst = { $burst }, poi { $refill }
at-once-number = { $count } in una volta
refill = Poi { $whole }.
refill-one = Poi circa { $one } { $every } ({ $whole }).
one-account = 1 account
one-order = 1 ordine
one-certificate = 1 certificato
one-failure = 1 convalida fallita
one-request = 1 richiesta
key-address = indirizzo del client
key-range = intervallo IPv6 del client (/{ $prefix })
key-account = account
key-domain = dominio registrato, indirizzo IPv4 o IPv6 /64
key-account-domain = account e dominio registrato
key-set = insieme di identificatori
key-account-identifier = account e identificatore
event-issuance = emissione
event-failed-validation = convalida fallita
event-override-form = modulo per le deroghe
overrides-account = possibili per account
overrides-domain = possibili per dominio o indirizzo
overrides-none = nessuna
new-registrations-per-ip-title = Nuove registrazioni per indirizzo IP
new-registrations-per-ip-counts = Nuovi account da un indirizzo del client. Ritrovare un account esistente non costa nulla.
new-registrations-per-ipv6-range-title = Nuove registrazioni per intervallo IPv6
new-registrations-per-ipv6-range-counts = Nuovi account da un intervallo di indirizzi IPv6, oltre al limite su ciascun indirizzo.
new-orders-per-account-title = Nuovi ordini per account
new-orders-per-account-counts = Ordini creati da un account. I rinnovi sono esenti.
certificates-per-registered-domain-title = Nuovi certificati per dominio registrato
certificates-per-registered-domain-counts = Certificati emessi per nomi di un dominio registrato, qualunque sia l'account. Un certificato conta una volta per ciascuno dei suoi domini. I rinnovi sono esenti.
certificates-per-registered-domain-per-account-title = Nuovi certificati per dominio registrato e account
certificates-per-registered-domain-per-account-counts = Certificati emessi a un account per nomi di un dominio registrato. Esiste solo come deroga per un account, che la incontra al posto del limite sul dominio.
certificates-per-exact-set-title = Nuovi certificati per insieme esatto di identificatori
certificates-per-exact-set-counts = Certificati emessi esattamente per gli stessi identificatori, qualunque sia l'account. I rinnovi con ARI sono esenti, gli altri no.
authorization-failures-per-identifier-title = Autorizzazioni fallite per identificatore e account
authorization-failures-per-identifier-counts = Convalide di un identificatore fallite per un account.
consecutive-authorization-failures-title = Autorizzazioni fallite di seguito per identificatore e account
consecutive-authorization-failures-counts = Convalide di un identificatore fallite per un account senza alcun successo in mezzo. Quando il limite è esaurito, l'identificatore viene sospeso per l'account. Un solo successo lo azzera.
override-requests-per-ip-title = Richieste di deroga per indirizzo IP
override-requests-per-ip-counts = Richieste di deroga inviate con il modulo del portale.
identifiers-title = Identificatori per certificato
identifiers-numbers = { $count } in un ordine
identifiers-counts = Nomi DNS e indirizzi IP in un ordine. L'autorità di certificazione può consentirne meno.
profile = Profilo

requests-title = Richieste in generale
requests-short = per risorsa
requests-lead = Richieste di ogni tipo, chiunque le firmi, contate per indirizzo IPv4 o IPv6 /{ $prefix }. Un rifiuto ha un Retry-After di alcuni secondi.
requests-other = ogni altra risorsa ACME
resource = Risorsa
per-second = Al secondo
at-once = In una volta
answer = Stato

renewals-title = Rinnovi
renewals-ari-window = Con ARI (RFC 9773): un ordine che nomina il certificato che sostituisce è esente da ogni limite se arriva dentro la finestra di rinnovo suggerita dall'autorità di certificazione, dall'account a cui il certificato è stato emesso, con almeno uno dei suoi identificatori, ed è la prima sostituzione. Fuori dalla finestra è accettato entro i limiti.
renewals-ari-always = Con ARI (RFC 9773): un ordine che nomina il certificato che sostituisce è esente da ogni limite se arriva dall'account a cui il certificato è stato emesso, con almeno uno dei suoi identificatori, ed è la prima sostituzione.
renewals-ari-never = Con ARI (RFC 9773): un ordine che nomina il certificato che sostituisce incontra gli stessi limiti di ogni altro.
renewals-set = Con lo stesso insieme: un ordine esattamente per gli identificatori di un certificato emesso negli ultimi { $period }, qualunque sia l'account, è esente dai limiti sui nuovi ordini e sui certificati per dominio registrato. I limiti sull'insieme esatto e sulle autorizzazioni fallite restano.
renewals-set-never = Con lo stesso insieme: un ordine per gli identificatori di un certificato precedente incontra gli stessi limiti di ogni altro.
renewals-paused = Un identificatore sospeso è rifiutato anche nei rinnovi.
pausing-title = Identificatori sospesi
pausing-why = Un identificatore la cui convalida è fallita moltissime volte per un account, senza un solo successo in mezzo, viene sospeso per quell'account. Gli ordini che lo nominano sono rifiutati con un link a una pagina di questo sito e senza Retry-After: attendere non serve, cercare la causa sì.
pausing-link = Il link funziona per { $validity }. Toglie tutte le sospensioni dell'account, fino a { $max } in una volta, e poi queste non possono tornare per { $immunity }.
retrying-title = Come riprovare
retrying-1 = Attendere quanto dice il campo Retry-After della risposta. La stessa richiesta allora passa, se nel frattempo non si è usato altro. Chiedere prima viene rifiutato di nuovo e non allunga l'attesa.
retrying-2 = Quando un ordine fallisce per un altro motivo, attendere ogni volta di più: un minuto, poi dieci minuti, un'ora, un giorno. Aggiungere una parte casuale, perché molte macchine non tornino insieme.
retrying-3 = Conservare certificati e chiavi degli account dove sopravvivono a un riavvio o a un nuovo container. La maggior parte di chi raggiunge un limite chiede di nuovo un certificato che ha già.
retrying-4 = Rinnovare con ARI: chiedere a renewalInfo quando rinnovare, e nominare il vecchio certificato in replaces.
retrying-5 = Provare in un ambiente di staging.

unpause-title = Identificatori sospesi
account = Account
unpause-lead = { $n ->
    [one] La convalida di un identificatore di questo account è fallita tante volte che l'identificatore è sospeso. Gli ordini che lo nominano sono rifiutati finché non si toglie la sospensione.
   *[other] La convalida di { $count } identificatori di questo account è fallita tante volte che sono sospesi. Gli ordini che ne nominano uno sono rifiutati finché non si tolgono le sospensioni.
}
more = e altri { $count }
more-only = { $n ->
    [one] uno che questo link non nomina
   *[other] { $count } che questo link non nomina
}
check-title = Prima di tutto verificare
check-1 = Ogni nome esiste ancora, e il suo DNS pubblico indica la macchina che chiede il certificato? Un nome trasferito altrove fallirà di nuovo.
check-2 = L'autorità di certificazione può raggiungerlo? Per http-01 la porta 80 deve rispondere dall'esterno, per tls-alpn-01 la porta 443; per dns-01 il record TXT deve essere visibile su ogni server dei nomi.
check-3 = C'è un record CAA che vieta questa autorità di certificazione?
check-4 = È ancora in esecuzione un client per nomi che non servono più? Fermarlo, o togliere i nomi.
check-5 = Provare gli stessi nomi in un ambiente di staging: ciò che funziona lì funzionerà qui.
then-title = Poi togliere le sospensioni
then = Il pulsante toglie le sospensioni di tutti gli identificatori di questo account.
then-more = Il pulsante toglie le sospensioni di tutti gli identificatori di questo account, non solo di quelli elencati.
then-immunity = Non possono essere sospesi di nuovo per { $immunity }; gli altri limiti restano.
unpause-button = { $n ->
    [one] Togli la sospensione
   *[other] Togli tutte le { $count } sospensioni
}
unpause-button-some = Togli { $count } sospensioni
unpaused-title = { $n ->
    [one] La sospensione è tolta
   *[other] { $count } sospensioni sono tolte
}
unpaused-lead = { $n ->
    [one] L'identificatore può essere ordinato di nuovo. Eseguire ora il client ACME e controllare che la convalida riesca.
   *[other] Gli identificatori possono essere ordinati di nuovo. Eseguire ora il client ACME e controllare che le convalide riescano.
}
unpaused-none-title = Nulla era sospeso
unpaused-none-lead = Non restava nulla da togliere. Eseguire di nuovo il client ACME.
remaining = { $n ->
    [one] Un altro identificatore di questo account è sospeso.
   *[other] Altri { $count } identificatori di questo account sono sospesi.
}

nothing-paused-title = Nulla è sospeso
nothing-paused-text = Questo account non ha più identificatori sospesi. I suoi ordini sono di nuovo accettati, entro gli altri limiti.
link-expired-title = Questo link è scaduto
link-expired-text = Eseguire di nuovo il client ACME: finché un identificatore è sospeso, il rifiuto porta un link nuovo.
link-invalid-title = Questo link non funziona
link-invalid-text = È incompleto o è stato alterato lungo la strada. Copiare l'intero link dal rifiuto del client ACME; log e terminali a volte lo spezzano a fine riga.
foreign-form-title = Questa richiesta viene da un altro sito
foreign-form-text = Aprire la pagina stessa, dal suo indirizzo o dal link nel rifiuto del client ACME, e usare il pulsante che si trova lì.
not-a-form-title = Questo non è il modulo
not-a-form-text = Aprire la pagina stessa, dal suo indirizzo o dal link nel rifiuto del client ACME, e usare il pulsante che si trova lì.
form-too-large-title = Questo è troppo grande
form-too-large-text = Aprire la pagina stessa, dal suo indirizzo o dal link nel rifiuto del client ACME, e usare il pulsante che si trova lì.
unavailable-title = Ora non è possibile
unavailable-text = I dati di questa autorità di certificazione non sono raggiungibili. Nulla è cambiato: riprovare fra un minuto.
no-such-page-title = Questa pagina non esiste
no-such-page-text = I limiti, e che cosa fare, sono in una sola pagina.
no-such-method-title = Questa pagina non può farlo
no-such-method-text = I limiti, e che cosa fare, sono in una sola pagina.

pending-title = Eliminare le autorizzazioni in sospeso
pending-1 = Un'autorizzazione resta in sospeso quando un client ordina e poi non risponde alla sua verifica. Qui le autorizzazioni in sospeso non hanno un limite proprio, ma ognuna faceva parte di un ordine che è stato contato, e molte di esse sono la traccia di un client che si ferma a metà.
pending-2 = Per eliminarle, lasciare che il client finisca: rispondere alla verifica di ciascuna, anche se fallisce, oppure disattivarla con un POST di {"{"}"status": "deactivated"{"}"} al suo URL (RFC 8555, 7.5.2). Serve la chiave dell'account che ha ordinato; gli URL sono nel registro del client. Quelle che nessuno elimina scadono da sole.

refused = Rifiutati da questo limite? Che cosa è successo e che cosa fare ora
refused-message = Che cosa dice il client
refused-answer = Stato HTTP { $status }. I numeri sono quelli in vigore; l'ora, il dominio e il link sono un esempio.
refused-now = Che cosa fare ora
refused-wait = Attendere fino ad allora: poi la stessa richiesta passa.
refused-causes = Cause comuni
refused-staging-title = Provare con un ambiente di staging
refused-staging-text = Provare un nuovo client, una nuova configurazione o una nuova installazione con un ambiente di staging, i cui limiti sono molto più alti, finché riesce due volte di seguito. Solo allora passare a questa autorità di certificazione.
refused-override-account = Si può chiedere un limite più alto, per account. Una deroga richiede giorni, perciò non aiuta con una scadenza di oggi.
refused-override-domain = Si può chiedere un limite più alto, per dominio o indirizzo. Una deroga richiede giorni, perciò non aiuta con una scadenza di oggi.
refused-override-none = Per questo non ci sono deroghe.
refused-help-title = Come ottenere aiuto
refused-help-text = Chiedere al gestore di questa autorità di certificazione o a chi sviluppa il client ACME. Indicare il messaggio intero, l'ora, l'URL dell'account e i nomi ordinati. Non inviare mai a nessuno la chiave dell'account o una chiave privata.
refused-section = Il limite, con tutti i suoi numeri
refused-not-in-force = Questo limite ora non è in vigore presso questa autorità di certificazione.

too-many-registrations-for-this-ip-title = Troppe registrazioni per questo indirizzo IP
too-many-registrations-for-this-ip-cause-1 = Installazioni ripetute che perdono la chiave dell'account: un container o una macchina di compilazione che parte vuota crea ogni volta un nuovo account.
too-many-registrations-for-this-ip-cause-2 = Un account per ogni cliente. Un solo account può avere un numero qualsiasi di domini; averne diversi non porta nulla.
too-many-registrations-for-this-ip-cause-3 = Molte macchine dietro un solo indirizzo che creano ciascuna un account nello stesso momento.
too-many-registrations-for-this-ip-now-1 = Cercare un account già esistente e usare la sua chiave: ritrovare un account esistente non costa nulla.
too-many-registrations-for-this-ip-now-2 = Conservare la chiave dell'account su un volume che sopravvive a un riavvio, e copiarla sulle macchine che ne hanno bisogno.
too-many-registrations-for-this-ip-range-title = Troppe registrazioni per questo intervallo di indirizzi IPv6
too-many-registrations-for-this-ip-range-cause-1 = Molte macchine di una rete che creano ciascuna un account, ognuna da un indirizzo proprio.
too-many-registrations-for-this-ip-range-cause-2 = Installazioni ripetute che perdono la chiave dell'account, oppure un account per ogni cliente.
too-many-registrations-for-this-ip-range-cause-3 = Una rete di hosting condivisa con altri che creano molti account.
too-many-registrations-for-this-ip-range-now-1 = Usare un solo account per tutte le macchine: condividere la sua chiave, o far ordinare una macchina per le altre.
too-many-registrations-for-this-ip-range-now-2 = Se altri della rete lo esauriscono, registrarsi una volta da un'altra rete e poi conservare l'account.
too-many-new-orders-recently-title = Troppi nuovi ordini di recente
too-many-new-orders-recently-cause-1 = Un client che, quando qualcosa fallisce, ordina subito di nuovo, senza fine.
too-many-new-orders-recently-cause-2 = Tutti i rinnovi alla stessa ora, quando potrebbero essere distribuiti su più giorni.
too-many-new-orders-recently-cause-3 = Una piattaforma di hosting cresciuta oltre ciò che un account può ordinare.
too-many-new-orders-recently-now-1 = Fermare il client che si ripete e cercare nel suo registro perché gli ordini falliscono.
too-many-new-orders-recently-now-2 = Rinnovare con ARI, che è esente, e distribuire nel tempo i primi ordini; più nomi di un sito stanno in un solo ordine.
too-many-certificates-already-issued-title = Troppi certificati già emessi per un dominio
too-many-certificates-already-issued-cause-1 = Un certificato proprio per ciascuno di molti sottodomini, quando ne basterebbe uno per più nomi o uno wildcard.
too-many-certificates-already-issued-cause-2 = Installazioni ripetute che chiedono nuovi certificati, perché i precedenti non sono stati conservati.
too-many-certificates-already-issued-cause-3 = Più gruppi o fornitori che ordinano per lo stesso dominio senza sapere l'uno dell'altro.
too-many-certificates-already-issued-now-1 = Cercare un certificato già esistente: quasi tutti quelli che raggiungono questo limite ne hanno uno.
too-many-certificates-already-issued-now-2 = Mettere più sottodomini in un certificato, o usarne uno wildcard. Revocare certificati non restituisce nulla.
too-many-certificates-already-issued-for-exact-set-of-domains-title = Troppi certificati già emessi per lo stesso insieme esatto di domini
too-many-certificates-already-issued-for-exact-set-of-domains-cause-1 = Un container che ordina a ogni avvio e butta via il certificato quando si ferma.
too-many-certificates-already-issued-for-exact-set-of-domains-cause-2 = Installare più e più volte mentre a non funzionare è altro, per esempio il server web.
too-many-certificates-already-issued-for-exact-set-of-domains-cause-3 = Un comando di rinnovo forzato, eseguito ogni giorno.
too-many-certificates-already-issued-for-exact-set-of-domains-now-1 = Usare uno dei certificati emessi per questi nomi; il client li conserva con le loro chiavi.
too-many-certificates-already-issued-for-exact-set-of-domains-now-2 = Se sono tutti perduti e non si può attendere: un insieme con un nome in più o in meno è un altro insieme. Revocare certificati non restituisce nulla.
too-many-failed-authorizations-recently-title = Troppe autorizzazioni fallite di recente
too-many-failed-authorizations-recently-cause-1 = Il DNS del nome punta a un'altra macchina, o a nessuna.
too-many-failed-authorizations-recently-cause-2 = Un firewall o un proxy tiene la convalida lontana dalla porta 80 o 443, o il record TXT non è ancora su tutti i server dei nomi.
too-many-failed-authorizations-recently-cause-3 = Un client che riprova subito dopo ogni errore.
too-many-failed-authorizations-recently-now-1 = Leggere nel registro del client l'errore dell'ultima verifica fallita: dice che cosa è stato trovato.
too-many-failed-authorizations-recently-now-2 = Correggerlo e provare con un ambiente di staging prima di tornare qui.
too-many-override-requests-title = Troppe richieste di deroga
too-many-override-requests-cause-1 = Il modulo è stato inviato più e più volte per lo stesso desiderio.
too-many-override-requests-cause-2 = Un programma compila il modulo.
too-many-override-requests-now-1 = Le richieste già inviate vengono lette. Inviarne una di nuovo non la anticipa.
paused-identifiers-title = Identificatori sospesi
paused-identifiers-cause-1 = Un nome che è stato spostato o non esiste più, mentre un client ordina ancora ogni giorno per esso.
paused-identifiers-cause-2 = Clienti i cui domini non puntano più alla piattaforma, ma sono ancora nel suo elenco.
paused-identifiers-cause-3 = Un record CAA che vieta questa autorità di certificazione.
paused-identifiers-now-1 = Trovare la causa e correggerla; attendere non serve. Togliere dal client i nomi che non gli appartengono più.
paused-identifiers-now-2 = Aprire il link nel rifiuto e togliere lì le sospensioni. Se è perduto o scaduto, eseguire di nuovo il client: il prossimo rifiuto ne porta uno nuovo.
too-many-requests-title = Troppe richieste
too-many-requests-cause-1 = Molti client dietro un solo indirizzo che partono tutti nello stesso minuto, spesso all'ora esatta.
too-many-requests-cause-2 = Un client che chiede lo stato di un ordine senza pause.
too-many-requests-cause-3 = Un ciclo che invia di nuovo una richiesta appena è fallita.
too-many-requests-now-1 = Avviare i lavori programmati a un minuto casuale e chiedere lo stato di un ordine al massimo ogni pochi secondi.

pages = Pagine
test-ca = Questa autorità di certificazione serve alle prove: i suoi certificati non valgono nulla.
nav-limits = Limiti
nav-status = Quanto resta
nav-override = Chiedere di più
status-title = Quanto resta
status-lead = Qui si vede quanto resta di un limite e quando sarà di nuovo tutto disponibile. Guardare non consuma nulla.
status-domain = Dominio registrato
status-domain-hint = Per esempio example.com. Un nome al di sotto, come www.example.com, conta per esso.
status-names = Tutti i nomi di un certificato
status-names-hint = Separati da spazi o virgole: il limite vale per esattamente questo insieme di nomi.
status-address = Indirizzo IP
status-address-hint = È già inserito quello da cui si proviene.
status-address-own-hint = Qui si può guardare solo quello da cui si proviene.
status-account-hint = Quanto resta a un account si mostra solo al suo titolare: con il link nel rifiuto che il client ACME riceve per i nomi sospesi, o con un link dato dal gestore di questa autorità di certificazione.
status-look = Mostra
status-as-of = Situazione alle { $time }.
status-counts-for = { $name } conta per il dominio registrato { $domain }.
status-left = Restano { $left } su { $burst }
status-next-at = Non resta nulla. Il prossimo torna fra { $wait }, alle { $time }.
status-full-at = Saranno tornati tutti fra { $wait }, alle { $time }.
status-full = Nulla è in uso.
status-none-paused = Nessun identificatore di questo account è sospeso.
status-paused = { $n ->
    [one] Un identificatore di questo account è sospeso.
   *[other] { $count } identificatori di questo account sono sospesi.
}
status-unpause = Vedere che cosa verificare e togliere le sospensioni
status-off-title = Qui non si può guardare questo
status-off-text = Il gestore di questa autorità di certificazione permette di guardare solo il proprio indirizzo IP, e il proprio account con un link.
status-too-many-title = Troppe richieste di consultazione
status-too-many-text = Ci sono state moltissime consultazioni in poco tempo. Riprovare fra { $wait }.
typed-empty = Non è stato inserito nulla.
typed-name = Questo non è un nome di dominio. Scriverlo come example.com.
typed-name-character = Un nome di dominio non contiene "{ $character }". Scriverlo come example.com, senza nulla prima o dopo.
typed-name-too-long = È troppo lungo per un nome di dominio.
typed-name-wildcard = Un asterisco può stare solo all'inizio, come in *.example.com.
typed-names-too-many = Qui un certificato ha al massimo { $max } nomi.
typed-address = Questo non è un indirizzo IP. Scriverlo come 192.0.2.1 o 2001:db8::1.
link-foreign-title = Questo link non è di qui
link-foreign-text = È stato creato da un'altra autorità di certificazione, o con una chiave nel frattempo sostituita. Eseguire di nuovo il client ACME: finché un identificatore è sospeso, il rifiuto porta un link che funziona.
link-used-title = Questo link è già stato usato
link-used-text = Le sospensioni a cui serve sono state tolte alle { $time }. Eseguire il client ACME: i suoi ordini sono di nuovo accettati, entro gli altri limiti.
link-used-since = { $n ->
    [one] Dopo di allora è stato sospeso un identificatore: eseguire il client ACME per esso e usare il link in quel rifiuto.
   *[other] Dopo di allora sono stati sospesi { $count } identificatori: eseguire il client ACME per essi e usare il link in quel rifiuto.
}

override-title = Chiedere un limite più alto
override-lead = Una deroga dà ogni settimana un limite più alto a un account, un dominio o un indirizzo. La maggior parte di chi raggiunge un limite non ne ha bisogno: chiede di nuovo certificati che ha già. La decisione richiede giorni, perciò non aiuta con una scadenza di oggi.
override-which = Un limite più alto per che cosa?
override-orders-title = Nuovi ordini di un account
override-orders-text = Per chi fa moltissimi primi ordini con un solo account, come una piattaforma di hosting. I rinnovi comunque non contano.
override-orders-subject = URL dell'account
override-domain-title = Nuovi certificati per un dominio registrato
override-domain-text = Per un dominio con moltissimi nomi al di sotto, chiunque li ordini.
override-domain-subject = Dominio registrato
override-domain-hint = Il dominio registrato stesso, come example.com, non un nome al di sotto.
override-address-title = Nuovi certificati per un indirizzo IP
override-address-text = Per un indirizzo IP che sta in moltissimi certificati.
override-address-subject = Indirizzo IP
override-address-hint = Per esempio 192.0.2.1. Un indirizzo IPv6 conta per il suo /64.
override-account-domains-title = Nuovi certificati per ogni dominio di un account
override-account-domains-text = Per chi ordina per domini di molti altri: ogni dominio registrato per cui l'account ordina ha questo limite.
override-account-domains-subject = URL dell'account
override-account-hint = Come lo mostra il client ACME: comincia con { $origin }.
override-tier = Quanti alla settimana
override-tier-choose = Scegliere
override-weekly-orders = { $n ->
    [one] { $count } ordine alla settimana
   *[other] { $count } ordini alla settimana
}
override-weekly-certificates = { $n ->
    [one] { $count } certificato alla settimana
   *[other] { $count } certificati alla settimana
}
override-email = Indirizzo e-mail
override-email-told = Lì viene inviata la decisione.
override-email-asked = Per domande su questa richiesta.
override-organisation = Organizzazione o nome
override-use-case = A che cosa serve
override-use-case-hint = Da 60 a 1.000 caratteri: che cosa si gestisce, quanti nomi e certificati ne risultano, e perché non ne bastano meno.
override-terms = Accetto le condizioni di servizio di questa autorità di certificazione.
override-privacy = Accetto che quanto inserito qui sia conservato e letto per la decisione, come dice la sua informativa sulla privacy.
override-read = Leggere
override-send = Inviare la richiesta
override-mistakes = { $n ->
    [one] Non è stato ancora inviato nulla: c'è un campo da rivedere.
   *[other] Non è stato ancora inviato nulla: ci sono { $count } campi da rivedere.
}
override-none-title = Per questi non ci sono deroghe
new-registrations-per-ip-no-override = Un account può avere un numero qualsiasi di domini, e ritrovare un account che si ha già non costa nulla. Conservarne la chiave.
new-registrations-per-ipv6-range-no-override = Un account può avere un numero qualsiasi di domini, e le macchine di una rete possono condividerlo.
certificates-per-exact-set-no-override = Questi certificati ci sono già. Usarne uno e conservarlo dove sopravvive a un riavvio.
authorization-failures-per-identifier-no-override = Altri tentativi fallirebbero anch'essi. Correggere la causa e provare in un ambiente di staging; i tentativi tornano da soli.
consecutive-authorization-failures-no-override = I nomi sospesi si liberano con il link nel rifiuto, subito e tutte le volte che serve.
override-requests-per-ip-no-override = Le richieste già inviate vengono lette; inviarne una di nuovo non la fa avanzare.
override-too-many-title = Troppe richieste da questo indirizzo
override-too-many-text = Le richieste già inviate vengono lette. Il limite di questo modulo:
override-full-title = Ci sono troppe richieste in attesa
override-full-text = Le richieste attendono una decisione e ora non c'è posto per altre. Riprovare fra qualche giorno. Questo tentativo non è stato contato.
override-unknown-title = Questa richiesta non esiste
override-unknown-text = Il link è incompleto, o la richiesta è stata decisa così tanto tempo fa che non è più conservata. Copiare l'intero link.
override-request-title = La richiesta
override-request-for = Per
override-request-at = Inviata alle
override-request-keep = Tenere per sé l'indirizzo di questa pagina: chi lo ha può vedere questa richiesta, e nient'altro riporta a essa.
override-waiting = È arrivata e attende una decisione.
override-approved = È stata approvata alle { $time }. Il limite più alto è in vigore, e ciò che era esaurito da ora torna più in fretta: guardare quanto resta ed eseguire di nuovo il client ACME.
override-denied = È stata respinta alle { $time }. Nulla è cambiato.
typed-short = Servono almeno { $min } caratteri, e sono { $have }.
typed-long = È troppo lungo: al massimo { $max } caratteri.
typed-control = Contiene un carattere che non si può mostrare.
typed-email = Questo non è un indirizzo e-mail.
typed-tier = Scegliere uno di questi.
typed-accept = Senza questo una richiesta non può essere accolta.
typed-domain-below = { $name } non è un dominio registrato. Conta per { $domain }: chiedere per quello.
typed-domain-is-address = Questo è un indirizzo IP, e ha un modulo proprio.
typed-account = Questo non è l'URL di un account. Quelli di questa autorità di certificazione cominciano con { $origin }.
typed-account-elsewhere = Questo account è di un'altra autorità di certificazione. Gli account di qui cominciano con { $origin }.
typed-account-unknown = Qui non si conosce questo account. Copiarne l'URL dal client ACME; un account è noto dopo il primo uso.
mail-received-title = La richiesta di un limite più alto: { $subject }
mail-received-text =
    La richiesta è arrivata: { $tier } per { $subject }.

    Che cosa ne è stato si vede qui:
    { $link }

    Tenere per sé questo link. Chi non ha chiesto nulla non deve fare nulla.
mail-approved-title = Approvato: un limite più alto per { $subject }
mail-approved-text =
    La richiesta è stata approvata: { $tier } per { $subject }.

    { $reason }

    Il limite più alto è in vigore, e ciò che era esaurito da ora torna più in fretta: guardare quanto resta ed eseguire di nuovo il client ACME.
mail-denied-title = Respinto: un limite più alto per { $subject }
mail-denied-text =
    La richiesta è stata respinta: { $tier } per { $subject }.

    { $reason }
refused-override-ask = Rivolgersi al gestore di questa autorità di certificazione.
refused-until-title = Fino a quando
refused-until-text = Fino all'ora che il messaggio indica dopo "retry after". Oppure consultare:
refused-until-lifted = Finché non si toglie la sospensione. Aspettare non serve.
refused-until-seconds = Per qualche secondo: il campo Retry-After della risposta dice quanti. Oppure consultare altri limiti:
