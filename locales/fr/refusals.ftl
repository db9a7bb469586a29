### Ce qui est dit à un client refusé. Les variables sont expliquées dans le texte anglais.

new-registrations-per-ip = trop de nouvelles inscriptions ({ $count }) depuis cette adresse IP dans les dernières { $period }, réessayez après { $until } : voir { $link }
new-registrations-per-ipv6-range = trop de nouvelles inscriptions ({ $count }) depuis ce sous-réseau /{ $prefix } d'adresses IPv6 dans les dernières { $period }, réessayez après { $until } : voir { $link }
new-orders-per-account = trop de nouvelles commandes ({ $count }) depuis ce compte dans les dernières { $period }, réessayez après { $until } : voir { $link }
certificates-per-registered-domain = trop de certificats ({ $count }) déjà émis pour "{ $subject }" dans les dernières { $period }, réessayez après { $until } : voir { $link }
certificates-per-exact-set = trop de certificats ({ $count }) déjà émis pour cet ensemble exact d'identifiants dans les dernières { $period }, réessayez après { $until } : voir { $link }
authorization-failures-per-identifier = trop d'autorisations échouées ({ $count }) pour "{ $subject }" dans les dernières { $period }, réessayez après { $until } : voir { $link }
consecutive-authorization-failures = trop d'autorisations échouées de suite ({ $count }) pour "{ $subject }" dans les dernières { $period }, réessayez après { $until } : voir { $link }
override-requests-per-ip = trop de demandes de dérogation envoyées par le formulaire ({ $count }) depuis cette adresse IP dans les dernières { $period }, réessayez après { $until } : voir { $link }

paused = la validation a échoué trop de fois de suite pour { $names }, ce compte ne peut donc pas commander pour ces identifiants ; attendre ne sert à rien : corrigez la cause, puis levez la suspension sur { $link }
paused-and-more = la validation a échoué trop de fois de suite pour { $names } et d'autres, ce compte ne peut donc pas commander pour ces identifiants ; attendre ne sert à rien : corrigez la cause, puis levez la suspension sur { $link }

too-many-requests = trop de requêtes depuis cette adresse IP, ralentissez et réessayez plus tard
unavailable = les limites ne peuvent pas être vérifiées pour le moment, réessayez plus tard
