### Hvad en afvist klient får at vide. Variablerne er forklaret i den engelske tekst.

new-registrations-per-ip = for mange nye registreringer ({ $count }) fra denne IP-adresse inden for de seneste { $period }, prøv igen efter { $until }: se { $link }
new-registrations-per-ipv6-range = for mange nye registreringer ({ $count }) fra dette /{ $prefix }-undernet af IPv6-adresser inden for de seneste { $period }, prøv igen efter { $until }: se { $link }
new-orders-per-account = for mange nye ordrer ({ $count }) fra denne konto inden for de seneste { $period }, prøv igen efter { $until }: se { $link }
certificates-per-registered-domain = for mange certifikater ({ $count }) er allerede udstedt til "{ $subject }" inden for de seneste { $period }, prøv igen efter { $until }: se { $link }
certificates-per-exact-set = for mange certifikater ({ $count }) er allerede udstedt til netop dette sæt af identifikatorer inden for de seneste { $period }, prøv igen efter { $until }: se { $link }
authorization-failures-per-identifier = for mange mislykkede godkendelser ({ $count }) af "{ $subject }" inden for de seneste { $period }, prøv igen efter { $until }: se { $link }
consecutive-authorization-failures = for mange mislykkede godkendelser i træk ({ $count }) af "{ $subject }" inden for de seneste { $period }, prøv igen efter { $until }: se { $link }
override-requests-per-ip = for mange indsendte anmodninger om undtagelse ({ $count }) fra denne IP-adresse inden for de seneste { $period }, prøv igen efter { $until }: se { $link }

paused = valideringen er mislykkedes for mange gange i træk for { $names }, så denne konto kan ikke bestille til disse identifikatorer; det hjælper ikke at vente: ret årsagen, og ophæv derefter pausen på { $link }
paused-and-more = valideringen er mislykkedes for mange gange i træk for { $names } og flere, så denne konto kan ikke bestille til disse identifikatorer; det hjælper ikke at vente: ret årsagen, og ophæv derefter pausen på { $link }

too-many-requests = for mange forespørgsler fra denne IP-adresse, sæt farten ned, og prøv igen senere
unavailable = grænserne kan ikke kontrolleres i øjeblikket, prøv igen senere
