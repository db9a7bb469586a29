### Ce que disent les pages. Les variables sont expliquées dans le texte anglais.

all-limits = Toutes les limites
as-json = La même chose pour les programmes, en JSON
language = Langue
starts-from = Les nombres partent de la politique { $preset }.
every-day = { $n ->
    [one] chaque jour
   *[other] tous les { $count } jours
}
every-hour = { $n ->
    [one] chaque heure
   *[other] toutes les { $count } heures
}
every-minute = { $n ->
    [one] chaque minute
   *[other] toutes les { $count } minutes
}
every-second = { $n ->
    [one] chaque seconde
   *[other] toutes les { $count } secondes
}
every-millisecond = { $n ->
    [one] chaque milliseconde
   *[other] toutes les { $count } millisecondes
}
for-day = { $n ->
    [one] { $count } jour
   *[other] { $count } jours
}
for-hour = { $n ->
    [one] { $count } heure
   *[other] { $count } heures
}
for-minute = { $n ->
    [one] { $count } minute
   *[other] { $count } minutes
}
for-second = { $n ->
    [one] { $count } seconde
   *[other] { $count } secondes
}
for-millisecond = { $n ->
    [one] { $count } milliseconde
   *[other] { $count } millisecondes
}

limits-title = Limites d'utilisation
limits-lead = Ces limites sont en vigueur en ce moment auprès de cette autorité de certification. Une requête qui en atteint une est refusée, et la réponse dit quand revenir.
limit = Limite
allowance = Autorisé
reading-title = Comment lire les nombres
reading = Chaque limite est un seau. Il est plein au départ, chaque utilisation en retire une unité, et elles reviennent une à une, à intervalles réguliers : il n'y a ni jour ni heure où tout recommence. Ainsi, « 50 tous les 7 jours » veut dire qu'on peut en utiliser 50 d'un coup, et qu'il en revient ensuite une toutes les 202 minutes environ.
each-title = Chaque limite
counted-per = Compté par
checked-at = Vérifié à
counted-at = Compté à
overrides = Dérogations
in-configuration = Nom
observed-only = Seulement observée : cette limite est comptée, mais rien n'est refusé à cause d'elle.
observed-short = (seulement observée)
short = { $count } { $every }
short-burst = { $burst }, puis { $refill }
at-once-number = { $count } d'un coup
refill = Puis { $whole }.
refill-one = Puis environ { $one } { $every } ({ $whole }).
one-account = 1 compte
one-order = 1 commande
one-certificate = 1 certificat
one-failure = 1 validation échouée
one-request = 1 demande
key-address = adresse du client
key-range = plage IPv6 du client (/{ $prefix })
key-account = compte
key-domain = domaine enregistré, adresse IPv4 ou IPv6 /64
key-account-domain = compte et domaine enregistré
key-set = ensemble d'identifiants
key-account-identifier = compte et identifiant
event-issuance = émission
event-failed-validation = validation échouée
event-override-form = formulaire de dérogation
overrides-account = possibles par compte
overrides-domain = possibles par domaine ou adresse
overrides-none = aucune
new-registrations-per-ip-title = Nouvelles inscriptions par adresse IP
new-registrations-per-ip-counts = Nouveaux comptes depuis une adresse de client. Retrouver un compte existant ne coûte rien.
new-registrations-per-ipv6-range-title = Nouvelles inscriptions par plage IPv6
new-registrations-per-ipv6-range-counts = Nouveaux comptes depuis une plage d'adresses IPv6, en plus de la limite sur chaque adresse.
new-orders-per-account-title = Nouvelles commandes par compte
new-orders-per-account-counts = Commandes créées par un compte. Les renouvellements sont exemptés.
certificates-per-registered-domain-title = Nouveaux certificats par domaine enregistré
certificates-per-registered-domain-counts = Certificats émis pour des noms d'un domaine enregistré, quel que soit le compte. Un certificat compte une fois pour chacun de ses domaines. Les renouvellements sont exemptés.
certificates-per-registered-domain-per-account-title = Nouveaux certificats par domaine enregistré et compte
certificates-per-registered-domain-per-account-counts = Certificats émis à un compte pour des noms d'un domaine enregistré. N'existe que comme dérogation pour un compte, qui la rencontre alors à la place de la limite sur le domaine.
certificates-per-exact-set-title = Nouveaux certificats par ensemble exact d'identifiants
certificates-per-exact-set-counts = Certificats émis pour exactement les mêmes identifiants, quel que soit le compte. Les renouvellements par ARI sont exemptés, les autres non.
authorization-failures-per-identifier-title = Autorisations échouées par identifiant et compte
authorization-failures-per-identifier-counts = Validations d'un identifiant qui ont échoué pour un compte.
consecutive-authorization-failures-title = Autorisations échouées de suite par identifiant et compte
consecutive-authorization-failures-counts = Validations d'un identifiant qui ont échoué pour un compte sans aucune réussite entre elles. Quand la limite est épuisée, l'identifiant est suspendu pour le compte. Une seule réussite la remet à zéro.
override-requests-per-ip-title = Demandes de dérogation par adresse IP
override-requests-per-ip-counts = Demandes de dérogation envoyées avec le formulaire de ces pages.
identifiers-title = Identifiants par certificat
identifiers-numbers = { $count } dans une commande
identifiers-counts = Noms DNS et adresses IP dans une commande. L'autorité de certification peut en autoriser moins.
profile = Profil

requests-title = Requêtes en général
requests-short = par ressource
requests-lead = Requêtes de toute sorte, quel qu'en soit le signataire, comptées par adresse IPv4 ou IPv6 /{ $prefix }. Un refus a un Retry-After de quelques secondes.
requests-other = toute autre ressource ACME
resource = Ressource
per-second = Par seconde
at-once = D'un coup
answer = Statut

renewals-title = Renouvellements
renewals-ari-window = Par ARI (RFC 9773) : une commande qui nomme le certificat qu'elle remplace est exemptée de toutes les limites quand elle arrive dans la fenêtre de renouvellement proposée par l'autorité de certification, du compte à qui le certificat a été émis, avec au moins un de ses identifiants, et que c'est le premier remplacement. Hors de la fenêtre, elle est acceptée dans les limites.
renewals-ari-always = Par ARI (RFC 9773) : une commande qui nomme le certificat qu'elle remplace est exemptée de toutes les limites quand elle vient du compte à qui le certificat a été émis, avec au moins un de ses identifiants, et que c'est le premier remplacement.
renewals-ari-never = Par ARI (RFC 9773) : une commande qui nomme le certificat qu'elle remplace rencontre les mêmes limites que toute autre.
renewals-set = Par le même ensemble : une commande pour exactement les identifiants d'un certificat émis dans les derniers { $period }, quel que soit le compte, est exemptée des limites sur les nouvelles commandes et sur les certificats par domaine enregistré. Les limites sur l'ensemble exact et sur les autorisations échouées restent.
renewals-set-never = Par le même ensemble : une commande pour les identifiants d'un certificat antérieur rencontre les mêmes limites que toute autre.
renewals-paused = Un identifiant suspendu est refusé aussi dans les renouvellements.
pausing-title = Identifiants suspendus
pausing-why = Un identifiant dont la validation a échoué un très grand nombre de fois pour un compte, sans une seule réussite entre elles, est suspendu pour ce compte. Les commandes qui le nomment sont refusées avec un lien vers une page de ce site, et sans Retry-After : attendre ne sert à rien, chercher la cause, si.
pausing-link = Le lien fonctionne pendant { $validity }. Il lève toutes les suspensions du compte, jusqu'à { $max } d'un coup, et elles ne peuvent ensuite pas revenir pendant { $immunity }.
retrying-title = Comment réessayer
retrying-1 = Attendez aussi longtemps que le dit le champ Retry-After de la réponse. La même requête passe alors, si rien d'autre n'a été utilisé entre-temps. Demander plus tôt est refusé de nouveau et n'allonge pas l'attente.
retrying-2 = Quand une commande échoue pour une autre raison, attendez chaque fois plus longtemps : une minute, puis dix minutes, une heure, un jour. Ajoutez une part de hasard, pour que beaucoup de machines ne reviennent pas ensemble.
retrying-3 = Gardez les certificats et les clés de compte là où ils survivent à un redémarrage ou à un nouveau conteneur. La plupart de ceux qui atteignent une limite redemandent un certificat qu'ils ont déjà.
retrying-4 = Renouvelez par ARI : demandez à renewalInfo quand renouveler, et nommez l'ancien certificat dans replaces.
retrying-5 = Testez dans un environnement de préproduction (staging).

unpause-title = Identifiants suspendus
account = Compte
unpause-lead = { $n ->
    [one] La validation d'un identifiant de ce compte a échoué si souvent qu'il est suspendu. Les commandes qui le nomment sont refusées tant que vous ne levez pas la suspension.
   *[other] La validation de { $count } identifiants de ce compte a échoué si souvent qu'ils sont suspendus. Les commandes qui en nomment un sont refusées tant que vous ne levez pas les suspensions.
}
more = et { $count } de plus
more-only = { $n ->
    [one] un que ce lien ne nomme pas
   *[other] { $count } que ce lien ne nomme pas
}
check-title = À vérifier d'abord
check-1 = Chaque nom existe-t-il encore, et son DNS public désigne-t-il la machine qui demande le certificat ? Un nom parti ailleurs échouera de nouveau.
check-2 = L'autorité de certification peut-elle l'atteindre ? Pour http-01, le port 80 doit répondre de l'extérieur, pour tls-alpn-01 le port 443 ; pour dns-01, l'enregistrement TXT doit être visible sur chaque serveur de noms.
check-3 = Y a-t-il un enregistrement CAA qui interdit cette autorité de certification ?
check-4 = Un client tourne-t-il encore pour des noms devenus inutiles ? Arrêtez-le, ou retirez les noms.
check-5 = Essayez les mêmes noms dans un environnement de préproduction (staging) : ce qui marche là-bas marchera ici.
then-title = Puis levez les suspensions
then = Le bouton lève les suspensions de tous les identifiants de ce compte.
then-more = Le bouton lève les suspensions de tous les identifiants de ce compte, pas seulement de ceux de la liste.
then-immunity = Ils ne peuvent pas être suspendus de nouveau pendant { $immunity } ; les autres limites restent.
unpause-button = { $n ->
    [one] Lever la suspension
   *[other] Lever les { $count } suspensions
}
unpause-button-some = Lever { $count } suspensions
unpaused-title = { $n ->
    [one] La suspension est levée
   *[other] { $count } suspensions sont levées
}
unpaused-lead = { $n ->
    [one] L'identifiant peut de nouveau être commandé. Lancez maintenant votre client ACME et vérifiez que la validation réussit.
   *[other] Les identifiants peuvent de nouveau être commandés. Lancez maintenant votre client ACME et vérifiez que les validations réussissent.
}
unpaused-none-title = Rien n'était suspendu
unpaused-none-lead = Il ne restait rien à lever. Relancez votre client ACME.
remaining = { $n ->
    [one] Encore un identifiant de ce compte est suspendu.
   *[other] Encore { $count } identifiants de ce compte sont suspendus.
}

nothing-paused-title = Rien n'est suspendu
nothing-paused-text = Ce compte n'a plus d'identifiants suspendus. Ses commandes sont de nouveau acceptées, dans les autres limites.
link-expired-title = Ce lien a expiré
link-expired-text = Relancez votre client ACME : tant qu'un identifiant est suspendu, le refus porte un nouveau lien.
link-invalid-title = Ce lien ne fonctionne pas
link-invalid-text = Il est incomplet ou a été altéré en chemin. Copiez le lien entier depuis le refus de votre client ACME ; les journaux et les terminaux le coupent parfois en fin de ligne.
foreign-form-title = Cette requête vient d'un autre site
foreign-form-text = Ouvrez la page elle-même, par son adresse ou par le lien du refus de votre client ACME, et utilisez le bouton qui s'y trouve.
not-a-form-title = Ce n'est pas le formulaire
not-a-form-text = Ouvrez la page elle-même, par son adresse ou par le lien du refus de votre client ACME, et utilisez le bouton qui s'y trouve.
form-too-large-title = C'est trop grand
form-too-large-text = Ouvrez la page elle-même, par son adresse ou par le lien du refus de votre client ACME, et utilisez le bouton qui s'y trouve.
unavailable-title = Impossible pour le moment
unavailable-text = Les données de cette autorité de certification sont inaccessibles. Rien n'a été changé : réessayez dans une minute.
no-such-page-title = Cette page n'existe pas
no-such-page-text = Les limites, et que faire, sont sur une seule page.
no-such-method-title = Cette page ne sait pas faire cela
no-such-method-text = Les limites, et que faire, sont sur une seule page.

pending-title = Effacer les autorisations en attente
pending-1 = Une autorisation reste en attente quand un client commande puis ne répond jamais à son défi. Les autorisations en attente n'ont pas de limite propre ici, mais chacune faisait partie d'une commande qui a compté, et leur grand nombre est la trace d'un client qui s'arrête à mi-chemin.
pending-2 = Pour les effacer, laissez le client terminer : répondez au défi de chacune, même s'il échoue, ou désactivez-la par un POST de {"{"}"status": "deactivated"{"}"} à son URL (RFC 8555, 7.5.2). Il faut la clé du compte qui a commandé ; les URL sont dans le journal du client. Celles que personne n'efface expirent d'elles-mêmes.

refused = Refusé par cette limite ? Ce qui s'est passé et que faire maintenant
refused-message = Ce que dit le client
refused-answer = Statut HTTP { $status }. Les nombres sont ceux en vigueur ; l'heure, le domaine et le lien sont un exemple.
refused-now = Que faire maintenant
refused-wait = Attendez jusque-là : la même requête passe alors.
refused-causes = Causes courantes
refused-staging-title = Essayer avec un environnement de test
refused-staging-text = Essayez un nouveau client, une nouvelle configuration ou un nouveau déploiement avec un environnement de test (staging), dont les limites sont bien plus hautes, jusqu'à ce qu'il réussisse deux fois de suite. Passez seulement alors à cette autorité de certification.
refused-override-account = Une limite plus haute peut être demandée, par compte. Une dérogation prend des jours, elle n'aide donc pas pour une échéance d'aujourd'hui.
refused-override-domain = Une limite plus haute peut être demandée, par domaine ou adresse. Une dérogation prend des jours, elle n'aide donc pas pour une échéance d'aujourd'hui.
refused-override-none = Il n'y a pas de dérogation pour cela.
refused-help-title = Comment obtenir de l'aide
refused-help-text = Demandez à l'exploitant de cette autorité de certification ou à ceux qui développent votre client ACME. Donnez le message entier, l'heure, l'URL du compte et les noms commandés. N'envoyez jamais à personne la clé du compte ni une clé privée.
refused-section = La limite, avec tous ses nombres
refused-not-in-force = Cette limite n'est pas en vigueur actuellement auprès de cette autorité de certification.

too-many-registrations-for-this-ip-title = Trop d'inscriptions pour cette adresse IP
too-many-registrations-for-this-ip-cause-1 = Des déploiements répétés qui perdent la clé du compte : un conteneur ou une machine de compilation qui démarre vide crée chaque fois un nouveau compte.
too-many-registrations-for-this-ip-cause-2 = Un compte par client. Un seul compte peut avoir un nombre quelconque de domaines ; plusieurs n'apportent rien.
too-many-registrations-for-this-ip-cause-3 = De nombreuses machines derrière une même adresse, qui créent chacune un compte au même moment.
too-many-registrations-for-this-ip-now-1 = Cherchez un compte que vous avez déjà et utilisez sa clé : retrouver un compte existant ne coûte rien.
too-many-registrations-for-this-ip-now-2 = Gardez la clé du compte sur un volume qui survit à un redémarrage, et copiez-la sur les machines qui en ont besoin.
too-many-registrations-for-this-ip-range-title = Trop d'inscriptions pour cette plage d'adresses IPv6
too-many-registrations-for-this-ip-range-cause-1 = De nombreuses machines d'un réseau qui créent chacune un compte, chacune depuis sa propre adresse.
too-many-registrations-for-this-ip-range-cause-2 = Des déploiements répétés qui perdent la clé du compte, ou un compte par client.
too-many-registrations-for-this-ip-range-cause-3 = Un réseau d'hébergement partagé avec d'autres qui créent beaucoup de comptes.
too-many-registrations-for-this-ip-range-now-1 = Utilisez un seul compte pour toutes les machines : partagez sa clé, ou laissez une machine commander pour les autres.
too-many-registrations-for-this-ip-range-now-2 = Si d'autres du réseau l'épuisent, inscrivez-vous une fois depuis un autre réseau, puis gardez le compte.
too-many-new-orders-recently-title = Trop de nouvelles commandes récemment
too-many-new-orders-recently-cause-1 = Un client qui commande de nouveau aussitôt après chaque échec, en boucle.
too-many-new-orders-recently-cause-2 = Tous les renouvellements à la même heure, alors qu'ils pourraient être répartis sur plusieurs jours.
too-many-new-orders-recently-cause-3 = Une plateforme d'hébergement qui a dépassé ce qu'un compte peut commander.
too-many-new-orders-recently-now-1 = Arrêtez le client qui boucle, et cherchez dans son journal pourquoi les commandes échouent.
too-many-new-orders-recently-now-2 = Renouvelez par ARI, qui est exempté, et répartissez les premières commandes dans le temps ; plusieurs noms d'un site tiennent dans une commande.
too-many-certificates-already-issued-title = Trop de certificats déjà émis pour un domaine
too-many-certificates-already-issued-cause-1 = Un certificat pour chacun de nombreux sous-domaines, alors qu'un seul pour plusieurs noms, ou un certificat générique, suffirait.
too-many-certificates-already-issued-cause-2 = Des déploiements répétés qui demandent de nouveaux certificats, parce que les précédents n'ont pas été gardés.
too-many-certificates-already-issued-cause-3 = Plusieurs équipes ou fournisseurs qui commandent pour le même domaine sans se connaître.
too-many-certificates-already-issued-now-1 = Cherchez un certificat que vous avez déjà : c'est le cas de la plupart de ceux qui atteignent cette limite.
too-many-certificates-already-issued-now-2 = Mettez plusieurs sous-domaines dans un certificat, ou utilisez un certificat générique. Révoquer des certificats ne rend rien.
too-many-certificates-already-issued-for-exact-set-of-domains-title = Trop de certificats déjà émis pour cet ensemble exact de domaines
too-many-certificates-already-issued-for-exact-set-of-domains-cause-1 = Un conteneur qui commande à chaque démarrage et jette le certificat quand il s'arrête.
too-many-certificates-already-issued-for-exact-set-of-domains-cause-2 = Des installations répétées alors que c'est autre chose, comme le serveur web, qui ne marche pas.
too-many-certificates-already-issued-for-exact-set-of-domains-cause-3 = Une commande de renouvellement forcé, lancée chaque jour.
too-many-certificates-already-issued-for-exact-set-of-domains-now-1 = Utilisez l'un des certificats émis pour ces noms ; le client les garde avec leurs clés.
too-many-certificates-already-issued-for-exact-set-of-domains-now-2 = S'ils sont tous perdus et que cela ne peut attendre : un ensemble avec un nom de plus ou de moins est un autre ensemble. Révoquer des certificats ne rend rien.
too-many-failed-authorizations-recently-title = Trop d'autorisations échouées récemment
too-many-failed-authorizations-recently-cause-1 = Le DNS du nom pointe vers une autre machine, ou vers aucune.
too-many-failed-authorizations-recently-cause-2 = Un pare-feu ou un proxy tient la validation à l'écart du port 80 ou 443, ou l'enregistrement TXT n'est pas encore sur tous les serveurs de noms.
too-many-failed-authorizations-recently-cause-3 = Un client qui réessaie aussitôt après chaque échec.
too-many-failed-authorizations-recently-now-1 = Lisez dans le journal du client l'erreur du dernier défi échoué : elle dit ce qui a été trouvé à la place.
too-many-failed-authorizations-recently-now-2 = Corrigez-la et essayez avec un environnement de test avant de revenir ici.
too-many-override-requests-title = Trop de demandes de dérogation
too-many-override-requests-cause-1 = Le formulaire a été envoyé plusieurs fois pour le même souhait.
too-many-override-requests-cause-2 = Un script remplit le formulaire.
too-many-override-requests-now-1 = Les demandes déjà envoyées sont lues. En renvoyer une ne la fait pas avancer.
paused-identifiers-title = Identifiants suspendus
paused-identifiers-cause-1 = Un nom qui a déménagé ou n'existe plus, alors qu'un client commande encore chaque jour pour lui.
paused-identifiers-cause-2 = Des clients dont les domaines ne pointent plus vers votre plateforme, mais figurent encore dans sa liste.
paused-identifiers-cause-3 = Un enregistrement CAA qui interdit cette autorité de certification.
paused-identifiers-now-1 = Trouvez la cause et corrigez-la ; attendre ne sert à rien. Retirez du client les noms qui ne sont plus les vôtres.
paused-identifiers-now-2 = Ouvrez le lien du refus et levez-y les suspensions. S'il est perdu ou expiré, lancez de nouveau le client : le prochain refus en porte un nouveau.
too-many-requests-title = Trop de requêtes
too-many-requests-cause-1 = De nombreux clients derrière une même adresse qui démarrent tous à la même minute, souvent à l'heure pile.
too-many-requests-cause-2 = Un client qui demande l'état d'une commande sans pause.
too-many-requests-cause-3 = Une boucle qui renvoie une requête dès qu'elle a échoué.
too-many-requests-now-1 = Lancez les tâches planifiées à une minute aléatoire, et ne demandez l'état d'une commande qu'à quelques secondes d'intervalle.

pages = Pages
test-ca = Cette autorité de certification sert aux essais : ses certificats sont sans valeur.
nav-limits = Limites
nav-status = Ce qui reste
nav-override = Demander plus
status-title = Ce qui reste
status-lead = Voyez combien il reste d'une limite, et quand tout sera de nouveau disponible. Regarder ne consomme rien.
status-domain = Domaine enregistré
status-domain-hint = Par exemple example.com. Un nom en dessous, comme www.example.com, compte pour lui.
status-names = Tous les noms d'un certificat
status-names-hint = Séparés par des espaces ou des virgules : la limite porte exactement sur cet ensemble de noms.
status-address = Adresse IP
status-address-hint = Celle d'où vous venez est déjà inscrite.
status-address-own-hint = Seule celle d'où vous venez peut être consultée ici.
status-account-hint = Ce qui reste à un compte n'est montré qu'à son titulaire : par le lien dans le refus que reçoit votre client ACME pour des noms suspendus, ou par un lien que vous donne l'exploitant de cette autorité de certification.
status-look = Consulter
status-as-of = État au { $time }.
status-counts-for = { $name } compte pour le domaine enregistré { $domain }.
status-left = Il reste { $left } sur { $burst }
status-next-at = Il ne reste rien. Le prochain revient dans { $wait }, le { $time }.
status-full-at = Tout sera revenu dans { $wait }, le { $time }.
status-full = Rien n'est utilisé.
status-none-paused = Aucun identifiant de ce compte n'est suspendu.
status-paused = { $n ->
    [one] Un identifiant de ce compte est suspendu.
   *[other] { $count } identifiants de ce compte sont suspendus.
}
status-unpause = Voir que vérifier, et lever les suspensions
status-off-title = Ceci ne peut pas être consulté ici
status-off-text = L'exploitant de cette autorité de certification ne laisse consulter que votre propre adresse IP, et votre compte par un lien.
status-too-many-title = Trop de consultations
status-too-many-text = Vous avez consulté très souvent en peu de temps. Réessayez dans { $wait }.
typed-empty = Rien n'est rempli.
typed-name = Ce n'est pas un nom de domaine. Écrivez-le comme example.com.
typed-name-character = Un nom de domaine ne contient pas « { $character } ». Écrivez-le comme example.com, sans rien devant ni derrière.
typed-name-too-long = C'est trop long pour un nom de domaine.
typed-name-wildcard = Une étoile ne peut être qu'au début, comme dans *.example.com.
typed-names-too-many = Un certificat a au plus { $max } noms ici.
typed-address = Ce n'est pas une adresse IP. Écrivez-la comme 192.0.2.1 ou 2001:db8::1.
link-foreign-title = Ce lien n'est pas d'ici
link-foreign-text = Il vient d'une autre autorité de certification, ou d'une clé remplacée depuis. Relancez votre client ACME : tant qu'un identifiant est suspendu, le refus porte un lien qui fonctionne.
link-used-title = Ce lien a déjà servi
link-used-text = Les suspensions concernées ont été levées le { $time }. Lancez votre client ACME : ses commandes sont de nouveau acceptées, dans les autres limites.
link-used-since = { $n ->
    [one] Un identifiant a été suspendu depuis : lancez votre client ACME pour lui, et utilisez le lien de ce refus.
   *[other] { $count } identifiants ont été suspendus depuis : lancez votre client ACME pour eux, et utilisez le lien de ce refus.
}

override-title = Demander une limite plus haute
override-lead = Une dérogation donne chaque semaine une limite plus haute à un compte, un domaine ou une adresse. La plupart de ceux qui atteignent une limite n'en ont pas besoin : ils redemandent des certificats qu'ils ont déjà. La décision prend des jours, elle n'aide donc pas pour une échéance d'aujourd'hui.
override-which = Une limite plus haute pour quoi ?
override-orders-title = Nouvelles commandes d'un compte
override-orders-text = Pour ceux dont un seul compte fait de très nombreuses premières commandes, comme une plateforme d'hébergement. Les renouvellements ne comptent pas de toute façon.
override-orders-subject = URL du compte
override-domain-title = Nouveaux certificats pour un domaine enregistré
override-domain-text = Pour un domaine qui a de très nombreux noms en dessous, quel que soit celui qui les commande.
override-domain-subject = Domaine enregistré
override-domain-hint = Le domaine enregistré lui-même, comme example.com, pas un nom en dessous.
override-address-title = Nouveaux certificats pour une adresse IP
override-address-text = Pour une adresse IP qui figure dans de très nombreux certificats.
override-address-subject = Adresse IP
override-address-hint = Par exemple 192.0.2.1. Une adresse IPv6 compte pour son /64.
override-account-domains-title = Nouveaux certificats pour chaque domaine d'un compte
override-account-domains-text = Pour ceux qui commandent pour les domaines de beaucoup d'autres : chaque domaine enregistré pour lequel le compte commande a cette limite.
override-account-domains-subject = URL du compte
override-account-hint = Comme votre client ACME la montre : elle commence par { $origin }.
override-tier = Combien par semaine
override-tier-choose = Choisir
override-weekly-orders = { $n ->
    [one] { $count } commande par semaine
   *[other] { $count } commandes par semaine
}
override-weekly-certificates = { $n ->
    [one] { $count } certificat par semaine
   *[other] { $count } certificats par semaine
}
override-email = Adresse e-mail
override-email-told = La décision y est envoyée.
override-email-asked = Pour des questions sur cette demande.
override-organisation = Votre organisation ou votre nom
override-use-case = À quoi elle doit servir
override-use-case-hint = En 60 à 1 000 caractères : ce que vous exploitez, combien de noms et de certificats cela fait, et pourquoi moins ne suffisent pas.
override-terms = J'accepte les conditions d'utilisation de cette autorité de certification.
override-privacy = J'accepte que ce que je remplis ici soit conservé et lu pour la décision, comme le dit sa politique de confidentialité.
override-read = Lire
override-send = Envoyer la demande
override-mistakes = { $n ->
    [one] Rien n'a encore été envoyé : un champ est à revoir.
   *[other] Rien n'a encore été envoyé : { $count } champs sont à revoir.
}
override-none-title = Pas de dérogation pour celles-ci
new-registrations-per-ip-no-override = Un compte peut avoir un nombre quelconque de domaines, et retrouver un compte que vous avez est gratuit. Gardez sa clé.
new-registrations-per-ipv6-range-no-override = Un compte peut avoir un nombre quelconque de domaines, et les machines d'un réseau peuvent le partager.
certificates-per-exact-set-no-override = Vous avez déjà ces certificats. Utilisez l'un d'eux, et gardez-le là où il survit à un redémarrage.
authorization-failures-per-identifier-no-override = D'autres essais échoueraient aussi. Corrigez la cause et essayez dans un environnement de test (staging) ; les essais reviennent d'eux-mêmes.
consecutive-authorization-failures-no-override = Les noms suspendus sont libérés par le lien du refus, aussitôt et aussi souvent qu'il le faut.
override-requests-per-ip-no-override = Les demandes déjà envoyées sont lues ; en renvoyer une ne la fait pas avancer.
override-too-many-title = Trop de demandes depuis votre adresse
override-too-many-text = Les demandes déjà envoyées sont lues. La limite de ce formulaire :
override-full-title = Trop de demandes attendent
override-full-text = Des demandes attendent une décision, et il n'y a plus de place pour le moment. Réessayez dans quelques jours. Cet essai n'a pas été compté.
override-unknown-title = Cette demande n'existe pas
override-unknown-text = Le lien est incomplet, ou la demande a été décidée il y a si longtemps qu'elle n'est plus conservée. Copiez le lien entier.
override-request-title = Votre demande
override-request-for = Pour
override-request-at = Envoyée le
override-request-keep = Gardez l'adresse de cette page pour vous : qui l'a peut voir cette demande, et rien d'autre n'y ramène.
override-waiting = Elle est arrivée et attend une décision.
override-approved = Elle a été approuvée le { $time }. La limite plus haute est en vigueur, et ce qui était épuisé revient plus vite désormais : voyez ce qui reste, et relancez votre client ACME.
override-denied = Elle a été refusée le { $time }. Rien n'a changé.
typed-short = Il faut au moins { $min } caractères, et il y en a { $have }.
typed-long = C'est trop long : { $max } caractères au plus.
typed-control = Il s'y trouve un caractère qui ne peut pas être affiché.
typed-email = Ce n'est pas une adresse e-mail.
typed-tier = Choisissez l'un de ceux-ci.
typed-accept = Sans cela, une demande ne peut pas être reçue.
typed-domain-below = { $name } n'est pas lui-même un domaine enregistré. Il compte pour { $domain } : demandez pour celui-là.
typed-domain-is-address = C'est une adresse IP, qui a un formulaire à elle.
typed-account = Ce n'est pas l'URL d'un compte. Celles de cette autorité de certification commencent par { $origin }.
typed-account-elsewhere = Ce compte est d'une autre autorité de certification. Les comptes d'ici commencent par { $origin }.
typed-account-unknown = Aucun compte de ce nom n'est connu ici. Copiez son URL depuis votre client ACME ; un compte est connu dès qu'il a servi.
mail-received-title = Votre demande d'une limite plus haute : { $subject }
mail-received-text =
    Votre demande est arrivée : { $tier } pour { $subject }.

    Voyez ce qu'elle est devenue à
    { $link }

    Gardez ce lien pour vous. Si vous n'avez rien demandé, vous n'avez rien à faire.
mail-approved-title = Approuvé : une limite plus haute pour { $subject }
mail-approved-text =
    Votre demande a été approuvée : { $tier } pour { $subject }.

    { $reason }

    La limite plus haute est en vigueur, et ce qui était épuisé revient plus vite désormais : voyez ce qui reste, et relancez votre client ACME.
mail-denied-title = Refusé : une limite plus haute pour { $subject }
mail-denied-text =
    Votre demande a été refusée : { $tier } pour { $subject }.

    { $reason }
refused-override-ask = Adressez-vous à l'exploitant de cette autorité de certification.
refused-until-title = Jusqu'à quand
refused-until-text = Jusqu'à l'heure que le message donne après « retry after ». Ou consultez :
refused-until-lifted = Jusqu'à ce que vous leviez la suspension. Attendre n'aide pas.
refused-until-seconds = Pendant quelques secondes : le champ Retry-After de la réponse dit combien. Ou consultez d'autres limites :
