### Hvad siderne siger. Variablerne er forklaret i den engelske tekst.

all-limits = Alle grænser
as-json = Det samme for programmer, som JSON
language = Sprog
starts-from = Tallene tager udgangspunkt i politikken { $preset }.
every-day = { $n ->
    [one] hver dag
   *[other] hver { $count } dage
}
every-hour = { $n ->
    [one] hver time
   *[other] hver { $count } timer
}
every-minute = { $n ->
    [one] hvert minut
   *[other] hvert { $count } minutter
}
every-second = { $n ->
    [one] hvert sekund
   *[other] hvert { $count } sekunder
}
every-millisecond = { $n ->
    [one] hvert millisekund
   *[other] hvert { $count } millisekunder
}
for-day = { $n ->
    [one] { $count } dag
   *[other] { $count } dage
}
for-hour = { $n ->
    [one] { $count } time
   *[other] { $count } timer
}
for-minute = { $n ->
    [one] { $count } minut
   *[other] { $count } minutter
}
for-second = { $n ->
    [one] { $count } sekund
   *[other] { $count } sekunder
}
for-millisecond = { $n ->
    [one] { $count } millisekund
   *[other] { $count } millisekunder
}

limits-title = Grænser for brug
limits-lead = Disse grænser gælder lige nu hos denne certifikatudsteder. En forespørgsel, der rammer en grænse, bliver afvist og får at vide, hvornår den kan prøve igen.
limit = Grænse
allowance = Tilladt
reading-title = Sådan læses tallene
reading = Hver grænse er en spand. Den er fuld fra starten, hver brug tager én ud, og de kommer jævnt tilbage, én ad gangen: der er ingen dag eller time, hvor alt begynder forfra. Så "50 hver 7 dage" betyder, at 50 kan bruges på én gang, og at der derefter kommer én tilbage omtrent hvert 202. minut.
each-title = Grænserne en for en
counted-per = Tælles pr.
checked-at = Kontrolleres ved
counted-at = Tælles ved
overrides = Undtagelser
in-configuration = Navn
observed-only = Kun observeret: denne grænse tælles her, og intet bliver afvist på grund af den.
observed-short = (kun observeret)
short = { $count } { $every }
short-burst = { $burst }, derefter { $refill }
at-once-number = { $count } på én gang
refill = Derefter { $whole }.
refill-one = Derefter omtrent { $one } { $every } ({ $whole }).
one-account = 1 konto
one-order = 1 ordre
one-certificate = 1 certifikat
one-failure = 1 mislykket validering
one-request = 1 anmodning
key-address = klientens adresse
key-range = klientens IPv6-område (/{ $prefix })
key-account = konto
key-domain = registreret domæne, IPv4-adresse eller IPv6 /64
key-account-domain = konto og registreret domæne
key-set = sæt af identifikatorer
key-account-identifier = konto og identifikator
event-issuance = udstedelse
event-failed-validation = mislykket validering
event-override-form = formularen til undtagelser
overrides-account = mulige pr. konto
overrides-domain = mulige pr. domæne eller adresse
overrides-none = ingen
new-registrations-per-ip-title = Nye registreringer pr. IP-adresse
new-registrations-per-ip-counts = Nye konti fra én klientadresse. At finde en eksisterende konto koster intet.
new-registrations-per-ipv6-range-title = Nye registreringer pr. IPv6-område
new-registrations-per-ipv6-range-counts = Nye konti fra ét område af IPv6-adresser, ud over grænsen for hver adresse.
new-orders-per-account-title = Nye ordrer pr. konto
new-orders-per-account-counts = Ordrer, som en konto opretter. Fornyelser er undtaget.
certificates-per-registered-domain-title = Nye certifikater pr. registreret domæne
certificates-per-registered-domain-counts = Certifikater udstedt til navne under ét registreret domæne, uanset konto. Et certifikat tæller én gang for hvert af sine domæner. Fornyelser er undtaget.
certificates-per-registered-domain-per-account-title = Nye certifikater pr. registreret domæne og konto
certificates-per-registered-domain-per-account-counts = Certifikater udstedt til én konto for navne under ét registreret domæne. Findes kun som undtagelse for en konto, der så møder den i stedet for grænsen for domænet.
certificates-per-exact-set-title = Nye certifikater pr. nøjagtigt sæt af identifikatorer
certificates-per-exact-set-counts = Certifikater udstedt til nøjagtig de samme identifikatorer, uanset konto. Fornyelser med ARI er undtaget, andre fornyelser er ikke.
authorization-failures-per-identifier-title = Mislykkede godkendelser pr. identifikator og konto
authorization-failures-per-identifier-counts = Valideringer af én identifikator, der mislykkedes for én konto.
consecutive-authorization-failures-title = Mislykkede godkendelser i træk pr. identifikator og konto
consecutive-authorization-failures-counts = Valideringer af én identifikator, der mislykkedes for én konto uden en eneste succes imellem. Når grænsen er brugt op, sættes identifikatoren på pause for kontoen. Én succes nulstiller den.
override-requests-per-ip-title = Anmodninger om undtagelse pr. IP-adresse
override-requests-per-ip-counts = Anmodninger om en undtagelse, sendt med formularen på disse sider.
identifiers-title = Identifikatorer pr. certifikat
identifiers-numbers = { $count } i én ordre
identifiers-counts = DNS-navne og IP-adresser i én ordre. Certifikatudstederen bagved tillader måske færre.
profile = Profil

requests-title = Forespørgsler i alt
requests-short = pr. ressource
requests-lead = Forespørgsler af enhver art, uanset hvem der underskriver dem, talt pr. IPv4-adresse eller IPv6 /{ $prefix }. En afvisning har et Retry-After på nogle sekunder.
requests-other = enhver anden ACME-ressource
resource = Ressource
per-second = Pr. sekund
at-once = På én gang
answer = Status

renewals-title = Fornyelser
renewals-ari-window = Med ARI (RFC 9773): en ordre, der nævner det certifikat, den erstatter, er undtaget fra alle grænser, når den kommer inden for det fornyelsesvindue, som certifikatudstederen foreslår, fra den konto, certifikatet blev udstedt til, med mindst én af dets identifikatorer, og er den første erstatning. Uden for vinduet tages den imod inden for grænserne.
renewals-ari-always = Med ARI (RFC 9773): en ordre, der nævner det certifikat, den erstatter, er undtaget fra alle grænser, når den kommer fra den konto, certifikatet blev udstedt til, med mindst én af dets identifikatorer, og er den første erstatning.
renewals-ari-never = Med ARI (RFC 9773): en ordre, der nævner det certifikat, den erstatter, møder de samme grænser som enhver anden.
renewals-set = Med det samme sæt: en ordre på nøjagtig de identifikatorer, som et certifikat udstedt inden for de seneste { $period } har, er uanset konto undtaget fra grænserne for nye ordrer og for certifikater pr. registreret domæne. Grænserne for det nøjagtige sæt og for mislykkede godkendelser gælder stadig.
renewals-set-never = Med det samme sæt: en ordre på et tidligere certifikats identifikatorer møder de samme grænser som enhver anden.
renewals-paused = En identifikator på pause afvises også ved fornyelser.
pausing-title = Identifikatorer på pause
pausing-why = En identifikator, hvis validering er mislykkedes rigtig mange gange for én konto uden en eneste succes imellem, sættes på pause for den konto. Ordrer, der nævner den, afvises med et link til en side her og uden Retry-After: det hjælper ikke at vente, men at finde årsagen.
pausing-link = Linket virker i { $validity }. Det ophæver alle kontoens pauser, op til { $max } på én gang, og derefter kan de ikke komme igen i { $immunity }.
retrying-title = Sådan prøver man igen
retrying-1 = Vent så længe, som feltet Retry-After i svaret siger. Så går den samme forespørgsel igennem, hvis intet andet er brugt imens. Spørger man tidligere, bliver man afvist igen, men ventetiden bliver ikke længere.
retrying-2 = Når en ordre mislykkes af en anden grund, så vent længere hver gang: et minut, så ti minutter, en time, en dag. Læg en tilfældig del til, så mange maskiner ikke kommer tilbage samtidig.
retrying-3 = Gem certifikater og kontonøgler, hvor de overlever en genstart eller en ny container. De fleste, der rammer en grænse, beder igen om et certifikat, de allerede har.
retrying-4 = Forny med ARI: spørg renewalInfo, hvornår der skal fornyes, og nævn det gamle certifikat i replaces.
retrying-5 = Prøv af i et testmiljø (staging).

unpause-title = Identifikatorer på pause
account = Konto
unpause-lead = { $n ->
    [one] Valideringen af én identifikator for denne konto er mislykkedes så ofte, at den er sat på pause. Ordrer, der nævner den, afvises, indtil pausen ophæves.
   *[other] Valideringen af { $count } identifikatorer for denne konto er mislykkedes så ofte, at de er sat på pause. Ordrer, der nævner en af dem, afvises, indtil pauserne ophæves.
}
more = og { $count } flere
more-only = { $n ->
    [one] én, som dette link ikke nævner
   *[other] { $count }, som dette link ikke nævner
}
check-title = Kontrollér dette først
check-1 = Findes hvert navn stadig, og peger dets offentlige DNS på den maskine, der beder om certifikatet? Et navn, der er flyttet, vil mislykkes igen.
check-2 = Kan certifikatudstederen nå det? Ved http-01 skal port 80 svare udefra, ved tls-alpn-01 port 443; ved dns-01 skal TXT-posten kunne ses på alle navneservere.
check-3 = Er der en CAA-post, der forbyder denne certifikatudsteder?
check-4 = Kører der stadig en klient for navne, der ikke længere skal bruges? Stop den, eller fjern navnene.
check-5 = Prøv de samme navne i et testmiljø (staging): det, der virker dér, virker også her.
then-title = Ophæv derefter pauserne
then = Knappen ophæver pausen for alle denne kontos identifikatorer.
then-more = Knappen ophæver pausen for alle denne kontos identifikatorer, ikke kun dem på listen.
then-immunity = De kan ikke sættes på pause igen i { $immunity }; de andre grænser gælder stadig.
unpause-button = { $n ->
    [one] Ophæv pausen
   *[other] Ophæv alle { $count } pauser
}
unpause-button-some = Ophæv { $count } pauser
unpaused-title = { $n ->
    [one] Pausen er ophævet
   *[other] { $count } pauser er ophævet
}
unpaused-lead = { $n ->
    [one] Identifikatoren kan bestilles igen. Kør ACME-klienten nu, og se efter, at valideringen lykkes.
   *[other] Identifikatorerne kan bestilles igen. Kør ACME-klienten nu, og se efter, at valideringerne lykkes.
}
unpaused-none-title = Intet var på pause
unpaused-none-lead = Der var intet tilbage at ophæve. Kør ACME-klienten igen.
remaining = { $n ->
    [one] Én identifikator mere for denne konto er på pause.
   *[other] { $count } identifikatorer mere for denne konto er på pause.
}

nothing-paused-title = Intet er på pause
nothing-paused-text = Denne konto har ikke længere identifikatorer på pause. Dens ordrer tages imod igen inden for de andre grænser.
link-expired-title = Dette link er udløbet
link-expired-text = Kør ACME-klienten igen: så længe en identifikator er på pause, har afvisningen et nyt link.
link-invalid-title = Dette link virker ikke
link-invalid-text = Det er ufuldstændigt eller blev ændret undervejs. Kopiér hele linket fra ACME-klientens afvisning; logge og terminaler bryder det nogle gange ved linjens slutning.
foreign-form-title = Denne forespørgsel kom fra et andet websted
foreign-form-text = Åbn selve siden, ved dens adresse eller med linket i ACME-klientens afvisning, og brug knappen dér.
not-a-form-title = Dette er ikke formularen
not-a-form-text = Åbn selve siden, ved dens adresse eller med linket i ACME-klientens afvisning, og brug knappen dér.
form-too-large-title = Dette er for stort
form-too-large-text = Åbn selve siden, ved dens adresse eller med linket i ACME-klientens afvisning, og brug knappen dér.
unavailable-title = Ikke muligt lige nu
unavailable-text = Certifikatudstederens data kan ikke nås. Intet blev ændret: prøv igen om et minut.
no-such-page-title = Siden findes ikke
no-such-page-text = Grænserne, og hvad man gør ved dem, står på én side.
no-such-method-title = Det kan denne side ikke
no-such-method-text = Grænserne, og hvad man gør ved dem, står på én side.

pending-title = Ryd op i ventende godkendelser
pending-1 = En godkendelse bliver ved med at vente, når en klient bestiller og derefter aldrig svarer på dens udfordring. Ventende godkendelser har ingen grænse for sig selv her, men hver var en del af en ordre, der talte med, og mange af dem er sporet af en klient, der stopper halvvejs.
pending-2 = Ryd dem ved at lade klienten gøre arbejdet færdigt: svar på udfordringen til hver af dem, også selv om det mislykkes, eller deaktiver den med en POST af {"{"}"status": "deactivated"{"}"} til dens URL (RFC 8555, 7.5.2). Det kræver nøglen til den konto, der bestilte; URL'erne står i klientens log. Dem, som ingen rydder, udløber af sig selv.

refused = Afvist af denne grænse? Hvad der skete, og hvad du skal gøre nu
refused-message = Hvad klienten siger
refused-answer = HTTP-status { $status }. Tallene er dem, der gælder; tidspunktet, domænet og linket er et eksempel.
refused-now = Hvad du skal gøre nu
refused-wait = Vent til da: så går den samme forespørgsel igennem.
refused-causes = Almindelige årsager
refused-staging-title = Prøv mod et testmiljø
refused-staging-text = Prøv en ny klient, en ny opsætning eller en ny udrulning mod et testmiljø (staging), hvis grænser er meget højere, indtil det lykkes to gange i træk. Skift først derefter til denne certifikatudsteder.
refused-override-account = Der kan bedes om en højere grænse pr. konto. En undtagelse tager dage, så den hjælper ikke mod en frist i dag.
refused-override-domain = Der kan bedes om en højere grænse pr. domæne eller adresse. En undtagelse tager dage, så den hjælper ikke mod en frist i dag.
refused-override-none = Her er der ingen undtagelser.
refused-help-title = Sådan får du hjælp
refused-help-text = Spørg operatøren af denne certifikatudsteder eller dem, der laver din ACME-klient. Opgiv hele beskeden, tidspunktet, kontoens URL og de navne, du bestilte. Send aldrig kontonøglen eller en privat nøgle til nogen.
refused-section = Grænsen med alle dens tal
refused-not-in-force = Denne grænse gælder ikke hos denne certifikatudsteder nu.

too-many-registrations-for-this-ip-title = For mange registreringer for denne IP-adresse
too-many-registrations-for-this-ip-cause-1 = Gentagne udrulninger, der mister kontonøglen: en container eller byggemaskine, der starter tom, opretter en ny konto hver gang.
too-many-registrations-for-this-ip-cause-2 = Én konto pr. kunde. En enkelt konto kan have et vilkårligt antal domæner; flere konti giver ingenting.
too-many-registrations-for-this-ip-cause-3 = Mange maskiner bag én adresse, der hver opretter en konto på samme tid.
too-many-registrations-for-this-ip-now-1 = Led efter en konto, du allerede har, og brug dens nøgle: det koster ikke noget at finde en eksisterende konto.
too-many-registrations-for-this-ip-now-2 = Gem kontonøglen på et drev, der overlever en genstart, og kopier den til de maskiner, der har brug for den.
too-many-registrations-for-this-ip-range-title = For mange registreringer for dette område af IPv6-adresser
too-many-registrations-for-this-ip-range-cause-1 = Mange maskiner på ét netværk, der hver opretter en konto, hver fra sin egen adresse.
too-many-registrations-for-this-ip-range-cause-2 = Gentagne udrulninger, der mister kontonøglen, eller én konto pr. kunde.
too-many-registrations-for-this-ip-range-cause-3 = Et hostingnetværk, der deles med andre, som opretter mange konti.
too-many-registrations-for-this-ip-range-now-1 = Brug én konto til alle maskiner: del dens nøgle, eller lad én maskine bestille for de andre.
too-many-registrations-for-this-ip-range-now-2 = Hvis andre på netværket bruger den op, så registrer én gang fra et andet netværk, og behold derefter kontoen.
too-many-new-orders-recently-title = For mange nye ordrer for nylig
too-many-new-orders-recently-cause-1 = En klient, der straks bestiller igen, hver gang noget mislykkes, uden at stoppe.
too-many-new-orders-recently-cause-2 = Alle fornyelser i samme time, hvor de kunne spredes over dage.
too-many-new-orders-recently-cause-3 = En hostingplatform, der er vokset ud over, hvad én konto må bestille.
too-many-new-orders-recently-now-1 = Stop den klient, der kører i ring, og find i dens log ud af, hvorfor ordrerne mislykkes.
too-many-new-orders-recently-now-2 = Forny med ARI, som er undtaget, og spred første ordrer over tid; flere navne på ét websted kan være i én ordre.
too-many-certificates-already-issued-title = For mange certifikater er allerede udstedt til et domæne
too-many-certificates-already-issued-cause-1 = Et eget certifikat til hvert af mange underdomæner, hvor ét til flere navne eller et wildcard ville være nok.
too-many-certificates-already-issued-cause-2 = Gentagne udrulninger, der beder om nye certifikater, fordi de tidligere ikke blev gemt.
too-many-certificates-already-issued-cause-3 = Flere hold eller leverandører, der bestiller til samme domæne uden at kende til hinanden.
too-many-certificates-already-issued-now-1 = Led efter et certifikat, du allerede har: det har de fleste, der møder denne grænse.
too-many-certificates-already-issued-now-2 = Saml flere underdomæner i ét certifikat, eller brug et wildcard. At tilbagekalde certifikater giver intet tilbage.
too-many-certificates-already-issued-for-exact-set-of-domains-title = For mange certifikater er allerede udstedt til præcis dette sæt af domæner
too-many-certificates-already-issued-for-exact-set-of-domains-cause-1 = En container, der bestiller ved hver start og smider certifikatet væk, når den stopper.
too-many-certificates-already-issued-for-exact-set-of-domains-cause-2 = At installere igen og igen, mens det er noget andet, f.eks. webserveren, der ikke virker.
too-many-certificates-already-issued-for-exact-set-of-domains-cause-3 = En tvungen fornyelse, der kører hver dag.
too-many-certificates-already-issued-for-exact-set-of-domains-now-1 = Brug et af de certifikater, der er udstedt til disse navne; klienten gemmer dem med deres nøgler.
too-many-certificates-already-issued-for-exact-set-of-domains-now-2 = Hvis de alle er tabt, og det ikke kan vente: et sæt med ét navn mere eller mindre er et andet sæt. At tilbagekalde certifikater giver intet tilbage.
too-many-failed-authorizations-recently-title = For mange mislykkede godkendelser for nylig
too-many-failed-authorizations-recently-cause-1 = Navnets DNS peger på en anden maskine eller ingen steder hen.
too-many-failed-authorizations-recently-cause-2 = En firewall eller proxy holder valideringen væk fra port 80 eller 443, eller TXT-posten er endnu ikke på alle navneservere.
too-many-failed-authorizations-recently-cause-3 = En klient, der prøver igen straks efter hver fejl.
too-many-failed-authorizations-recently-now-1 = Læs fejlen for den seneste mislykkede udfordring i klientens log: den siger, hvad der blev fundet i stedet.
too-many-failed-authorizations-recently-now-2 = Ret den, og prøv mod et testmiljø, før du kommer tilbage hertil.
too-many-override-requests-title = For mange anmodninger om undtagelse
too-many-override-requests-cause-1 = Formularen blev sendt igen og igen med det samme ønske.
too-many-override-requests-cause-2 = Et script udfylder formularen.
too-many-override-requests-now-1 = Anmodninger, der er sendt, bliver læst. At sende en igen gør den ikke hurtigere.
paused-identifiers-title = Identifikatorer på pause
paused-identifiers-cause-1 = Et navn, der er flyttet eller ikke findes længere, mens en klient stadig bestiller til det hver dag.
paused-identifiers-cause-2 = Kunder, hvis domæner ikke længere peger på din platform, men stadig står på dens liste.
paused-identifiers-cause-3 = En CAA-post, der forbyder denne certifikatudsteder.
paused-identifiers-now-1 = Find årsagen, og ret den; det hjælper ikke at vente. Fjern de navne fra klienten, der ikke længere er dine.
paused-identifiers-now-2 = Åbn linket i afvisningen, og ophæv pauserne dér. Er det tabt eller udløbet, så kør klienten igen: den næste afvisning har et nyt.
too-many-requests-title = For mange forespørgsler
too-many-requests-cause-1 = Mange klienter bag én adresse, der alle starter i samme minut, ofte på hele timen.
too-many-requests-cause-2 = En klient, der spørger til en ordres tilstand uden pauser.
too-many-requests-cause-3 = En løkke, der sender en forespørgsel igen, så snart den er mislykkedes.
too-many-requests-now-1 = Start planlagte job i et tilfældigt minut, og spørg højst til en ordres tilstand med nogle sekunders mellemrum.

pages = Sider
test-ca = Denne certifikatudsteder er til test: dens certifikater er værdiløse.
nav-limits = Grænser
nav-status = Hvad er tilbage
nav-override = Bed om mere
status-title = Hvad der er tilbage
status-lead = Se, hvor meget der er tilbage af en grænse, og hvornår det hele er tilbage igen. Det bruger intet at se efter.
status-domain = Registreret domæne
status-domain-hint = For eksempel example.com. Et navn under det, såsom www.example.com, tæller med for det.
status-names = Alle navne i ét certifikat
status-names-hint = Adskilt af mellemrum eller komma: grænsen gælder præcis dette sæt af navne.
status-address = IP-adresse
status-address-hint = Den, du kommer fra, er udfyldt.
status-address-own-hint = Kun den, du kommer fra, kan slås op her.
status-account-hint = Hvad en konto har tilbage, vises kun for dens indehaver: med linket i en afvisning, som ACME-klienten får for navne på pause, eller med et link fra certifikatudstederens driftsansvarlige.
status-look = Slå op
status-as-of = Opgjort { $time }.
status-counts-for = { $name } tæller med for det registrerede domæne { $domain }.
status-left = { $left } af { $burst } tilbage
status-next-at = Der er intet tilbage. Den næste er tilbage om { $wait }, { $time }.
status-full-at = Alle er tilbage om { $wait }, { $time }.
status-full = Intet af den er i brug.
status-none-paused = Ingen af denne kontos identifikatorer er på pause.
status-paused = { $n ->
    [one] Én af denne kontos identifikatorer er på pause.
   *[other] { $count } af denne kontos identifikatorer er på pause.
}
status-unpause = Se, hvad der skal kontrolleres, og ophæv pauserne
status-off-title = Det kan ikke slås op her
status-off-text = Hos denne certifikatudsteder kan man kun slå sin egen IP-adresse op, og sin konto med et link.
status-too-many-title = For mange opslag
status-too-many-text = Der er slået meget op på kort tid. Prøv igen om { $wait }.
typed-empty = Der er ikke udfyldt noget.
typed-name = Dette er ikke et domænenavn. Skriv det som example.com.
typed-name-character = Der er ikke noget "{ $character }" i et domænenavn. Skriv det som example.com, uden noget før eller efter.
typed-name-too-long = Dette er for langt til et domænenavn.
typed-name-wildcard = En stjerne kan kun stå forrest, som i *.example.com.
typed-names-too-many = Et certifikat har højst { $max } navne her.
typed-address = Dette er ikke en IP-adresse. Skriv den som 192.0.2.1 eller 2001:db8::1.
link-foreign-title = Dette link er ikke herfra
link-foreign-text = Det er lavet af en anden certifikatudsteder eller med en nøgle, der siden er skiftet ud. Kør ACME-klienten igen: så længe en identifikator er på pause, har afvisningen et link, der virker.
link-used-title = Dette link er allerede brugt
link-used-text = De pauser, det gælder, blev ophævet { $time }. Kør ACME-klienten: dens ordrer tages imod igen inden for de andre grænser.
link-used-since = { $n ->
    [one] Siden er én identifikator sat på pause: kør ACME-klienten for den, og brug linket i den afvisning.
   *[other] Siden er { $count } identifikatorer sat på pause: kør ACME-klienten for dem, og brug linket i den afvisning.
}

override-title = Bed om en højere grænse
override-lead = En undtagelse giver én konto, ét domæne eller én adresse en højere grænse hver uge. De fleste, der rammer en grænse, har ikke brug for den: de beder igen om certifikater, de allerede har. Afgørelsen tager dage, så den hjælper ikke mod en frist i dag.
override-which = En højere grænse for hvad?
override-orders-title = Nye ordrer fra en konto
override-orders-text = For dem, hvis ene konto laver rigtig mange første ordrer, som en hostingplatform. Fornyelser tæller alligevel ikke med.
override-orders-subject = Kontoens URL
override-domain-title = Nye certifikater for et registreret domæne
override-domain-text = For ét domæne med rigtig mange navne under sig, hvem der end bestiller dem.
override-domain-subject = Registreret domæne
override-domain-hint = Selve det registrerede domæne, såsom example.com, ikke et navn under det.
override-address-title = Nye certifikater for en IP-adresse
override-address-text = For én IP-adresse, der står i rigtig mange certifikater.
override-address-subject = IP-adresse
override-address-hint = Såsom 192.0.2.1. En IPv6-adresse tæller med for sin /64.
override-account-domains-title = Nye certifikater for hvert domæne hos en konto
override-account-domains-text = For dem, der bestiller for mange andres domæner: hvert registreret domæne, som kontoen bestiller for, får denne grænse.
override-account-domains-subject = Kontoens URL
override-account-hint = Som ACME-klienten viser den: den begynder med { $origin }.
override-tier = Hvor mange om ugen
override-tier-choose = Vælg
override-weekly-orders = { $n ->
    [one] { $count } ordre om ugen
   *[other] { $count } ordrer om ugen
}
override-weekly-certificates = { $n ->
    [one] { $count } certifikat om ugen
   *[other] { $count } certifikater om ugen
}
override-email = E-mailadresse
override-email-told = Afgørelsen sendes dertil.
override-email-asked = Til spørgsmål om denne anmodning.
override-organisation = Organisation eller navn
override-use-case = Hvad den skal bruges til
override-use-case-hint = Med 60 til 1.000 tegn: hvad der drives, hvor mange navne og certifikater det giver, og hvorfor færre ikke er nok.
override-terms = Jeg accepterer denne certifikatudsteders vilkår.
override-privacy = Jeg er indforstået med, at det, jeg udfylder her, gemmes og læses til afgørelsen, som dens privatlivspolitik siger.
override-read = Læs
override-send = Send anmodningen
override-mistakes = { $n ->
    [one] Der er ikke sendt noget endnu: ét felt skal ses efter.
   *[other] Der er ikke sendt noget endnu: { $count } felter skal ses efter.
}
override-none-title = Ingen undtagelser for disse
new-registrations-per-ip-no-override = Én konto kan have ethvert antal domæner, og det er gratis at finde en konto, man har. Gem dens nøgle.
new-registrations-per-ipv6-range-no-override = Én konto kan have ethvert antal domæner, og maskiner i et net kan dele den.
certificates-per-exact-set-no-override = Disse certifikater findes allerede. Brug et af dem, og gem det, hvor det overlever en genstart.
authorization-failures-per-identifier-no-override = Flere forsøg ville også mislykkes. Ret årsagen, og prøv i et testmiljø (staging); forsøgene kommer igen af sig selv.
consecutive-authorization-failures-no-override = Navne på pause frigives med linket i afvisningen, straks og så ofte det behøves.
override-requests-per-ip-no-override = Anmodninger, der er sendt, bliver læst; at sende en igen fremskynder den ikke.
override-too-many-title = For mange anmodninger fra denne adresse
override-too-many-text = Anmodninger, der er sendt, bliver læst. Grænsen for denne formular:
override-full-title = For mange anmodninger venter
override-full-text = Anmodninger venter på en afgørelse, og der er ikke plads til flere nu. Prøv igen om nogle dage. Dette forsøg blev ikke talt med.
override-unknown-title = Den anmodning findes ikke
override-unknown-text = Linket er ufuldstændigt, eller anmodningen blev afgjort for så længe siden, at den ikke længere er gemt. Kopiér hele linket.
override-request-title = Anmodningen
override-request-for = For
override-request-at = Sendt
override-request-keep = Hold denne sides adresse for dig selv: den, der har den, kan se anmodningen, og intet andet fører tilbage til den.
override-waiting = Den er kommet frem og venter på en afgørelse.
override-approved = Den blev godkendt { $time }. Den højere grænse gælder, og det, der var brugt op, kommer hurtigere tilbage fra nu af: se, hvad der er tilbage, og kør ACME-klienten igen.
override-denied = Den blev afvist { $time }. Intet er ændret.
typed-short = Her skal være mindst { $min } tegn, og der er { $have }.
typed-long = Dette er for langt: højst { $max } tegn.
typed-control = Der er et tegn i det, som ikke kan vises.
typed-email = Dette er ikke en e-mailadresse.
typed-tier = Vælg en af disse.
typed-accept = Uden dette kan en anmodning ikke modtages.
typed-domain-below = { $name } er ikke selv et registreret domæne. Det tæller med for { $domain }: bed om det.
typed-domain-is-address = Dette er en IP-adresse, og den har sin egen formular.
typed-account = Dette er ikke en kontos URL. Dem hos denne certifikatudsteder begynder med { $origin }.
typed-account-elsewhere = Denne konto hører til en anden certifikatudsteder. Konti her begynder med { $origin }.
typed-account-unknown = Den konto er ikke kendt her. Kopiér dens URL fra ACME-klienten; en konto er kendt, når den har været brugt.
mail-received-title = Anmodningen om en højere grænse: { $subject }
mail-received-text =
    Anmodningen er kommet frem: { $tier } for { $subject }.

    Se, hvad der blev af den, på
    { $link }

    Hold linket for dig selv. Den, der ikke har bedt om noget, skal ikke gøre noget.
mail-approved-title = Godkendt: en højere grænse for { $subject }
mail-approved-text =
    Anmodningen blev godkendt: { $tier } for { $subject }.

    { $reason }

    Den højere grænse gælder, og det, der var brugt op, kommer hurtigere tilbage fra nu af: se, hvad der er tilbage, og kør ACME-klienten igen.
mail-denied-title = Afvist: en højere grænse for { $subject }
mail-denied-text =
    Anmodningen blev afvist: { $tier } for { $subject }.

    { $reason }
refused-override-ask = Henvend dig til certifikatudstederens driftsansvarlige.
refused-until-title = Hvor længe
refused-until-text = Indtil det tidspunkt, som meddelelsen nævner efter "retry after". Eller slå det op:
refused-until-lifted = Indtil pausen ophæves. Det hjælper ikke at vente.
refused-until-seconds = I nogle sekunder: feltet Retry-After i svaret siger hvor mange. Eller slå andre grænser op:
