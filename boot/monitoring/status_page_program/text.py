"""The page's words in its languages, and how they write times, spans and shares."""

import math
from datetime import UTC, datetime

_EN = {
    "good": "Everything works",
    "degraded": "Meetings work despite a fault",
    "outage": "Meetings do not work",
    "partly_unknown": "Meetings work, not everything is known",
    "unknown": "It is not known whether meetings work",
    "unanswered": "Monitoring does not answer.",
    "site_down": "The site {site} does not serve.",
    "instance_down": "Instance {number} of {site} does not serve.",
    "certificate_expired": "The certificate of {site} has expired.",
    "dns_down": "The nameserver of {site} does not answer.",
    "backbone_down": "{site} is cut off from the other sites.",
    "no_master": "Redis has no master: running meetings go on, nobody can join.",
    "several_masters": "Several Redis servers say that they are the master.",
    "no_quorum": "Redis could not choose a new master.",
    "redis_down": "Redis of {site} is down.",
    "made": "Made on",
    "compare": "Compare this time with your clock.",
    "old": "This page is {minutes} minutes old: what it says may no longer be so.",
    "again": "Load it again",
    "still_old": "If it stays old, what makes it cannot be reached.",
    "sites": "Sites",
    "entrance": "Entrance",
    "instance": "Instance {number}",
    "no_instances": "Nothing is known of its instances.",
    "more": "and {count} more: {up} up, {down} down, {unknown} unknown",
    "up": "works",
    "down": "does not work",
    "unknown_state": "not known",
    "rooms": "Rooms",
    "people": "People",
    "capacity": "Capacity used",
    "quality": "Quality",
    "packets_lost": "{share} lost",
    "score": "score {number} of 10",
    "dns": "Nameserver",
    "backbone": "Link between sites",
    "certificate": "Certificate",
    "days": "{count} days left",
    "redis": "Redis",
    "master": "master",
    "replica": "replica",
    "quorum": "New master can be chosen",
    "yes": "yes",
    "no": "no",
    "failover": "Last failover",
    "redis_failover": "Redis master",
    "moved": "{old} → {new}, between {after} and {by}",
    "site_failover": "Sites",
    "lost": "{site} down {outage}",
    "held": "{others} kept serving",
    "none": "none in 24 hours",
    "last_day": "Last 24 hours",
    "day_ago": "24 hours ago",
    "now": "now",
    "of_measured": "{share} of the time measured",
    "out": "down {outages}",
    "earlier": "{count} times more before",
    "gap": "not known for {span}",
    "span": "{start} to {end}",
    "since": "since {start}",
    "months": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "time": "{day} {month}, {clock} UTC",
    "clock": "{clock} UTC",
    "share": "{number} %",
    "decimal": ".",
}
_FR = {
    "good": "Tout fonctionne",
    "degraded": "Les réunions fonctionnent malgré une panne",
    "outage": "Les réunions ne fonctionnent pas",
    "partly_unknown": "Les réunions fonctionnent, mais tout n'est pas connu",
    "unknown": "On ne sait pas si les réunions fonctionnent",
    "unanswered": "La supervision ne répond pas.",
    "site_down": "Le site {site} ne répond pas aux participants.",
    "instance_down": "L'instance {number} de {site} ne répond pas.",
    "certificate_expired": "Le certificat de {site} a expiré.",
    "dns_down": "Le serveur de noms de {site} ne répond pas.",
    "backbone_down": "{site} est coupé des autres sites.",
    "no_master": "Redis n'a pas de maître : les réunions en cours continuent, personne ne peut en rejoindre.",
    "several_masters": "Plusieurs serveurs Redis se disent maître.",
    "no_quorum": "Redis ne pourrait pas choisir un nouveau maître.",
    "redis_down": "Redis de {site} est arrêté.",
    "made": "Page établie le",
    "compare": "Comparez cette heure à votre horloge.",
    "old": "Cette page date de {minutes} minutes : ce qu'elle dit n'est peut-être plus vrai.",
    "again": "La recharger",
    "still_old": "Si elle reste ancienne, ce qui l'établit est injoignable.",
    "sites": "Sites",
    "entrance": "Entrée",
    "instance": "Instance {number}",
    "no_instances": "On ne sait rien de ses instances.",
    "more": "et {count} autres : {up} en marche, {down} en panne, {unknown} inconnues",
    "up": "fonctionne",
    "down": "ne fonctionne pas",
    "unknown_state": "inconnu",
    "rooms": "Salles",
    "people": "Participants",
    "capacity": "Capacité utilisée",
    "quality": "Qualité",
    "packets_lost": "{share} de pertes",
    "score": "note {number} sur 10",
    "dns": "Serveur de noms",
    "backbone": "Lien entre sites",
    "certificate": "Certificat",
    "days": "encore {count} jours",
    "redis": "Redis",
    "master": "maître",
    "replica": "réplica",
    "quorum": "Un nouveau maître peut être choisi",
    "yes": "oui",
    "no": "non",
    "failover": "Dernière bascule",
    "redis_failover": "Maître Redis",
    "moved": "{old} → {new}, entre {after} et {by}",
    "site_failover": "Sites",
    "lost": "{site} en panne {outage}",
    "held": "{others} a assuré le service",
    "none": "aucune en 24 heures",
    "last_day": "Dernières 24 heures",
    "day_ago": "il y a 24 heures",
    "now": "maintenant",
    "of_measured": "{share} du temps mesuré",
    "out": "en panne {outages}",
    "earlier": "{count} fois de plus avant",
    "gap": "inconnu pendant {span}",
    "span": "{start} à {end}",
    "since": "depuis {start}",
    "months": "janv. févr. mars avr. mai juin juill. août sept. oct. nov. déc.",
    "time": "{day} {month}, {clock} UTC",
    "clock": "{clock} UTC",
    "share": "{number} %",
    "decimal": ",",
}
LANGUAGES = {"en": _EN, "fr": _FR}


class Text:
    """The words of one language."""

    def __init__(self, language: str) -> None:
        self._words = LANGUAGES[language]

    def __call__(self, key: str, **values: object) -> str:
        """The words under a key, with values in their places."""
        return self._words[key].format(**values)

    def time(self, seconds: int, *, day: bool) -> str:
        """A time as a reader without script sees it, with its day or without."""
        at = datetime.fromtimestamp(seconds, UTC)
        month = self("months").split()[at.month - 1]
        return self("time" if day else "clock", day=at.day, month=month, clock=f"{at:%H:%M}")

    def duration(self, seconds: int) -> str:
        """In hours and minutes."""
        hours, minutes = divmod(seconds // 60, 60)
        return " ".join([f"{hours} h"] * (hours > 0) + [f"{minutes} min"] * (minutes > 0 or not hours))

    def share(self, share: float) -> str:
        """In percent, never rounded up: what was down for a moment was not up all the time."""
        number = f"{math.floor(share * 10_000) / 100:.2f}".rstrip("0").rstrip(".")
        return self("share", number=number.replace(".", self("decimal")))

    def at_least(self, share: float, *, digits: int) -> str:
        """In percent, rounded up: what is used or lost is not said to be less."""
        return self("share", number=self._number(math.ceil(round(share * 100 * 10**digits, 6)) / 10**digits))

    def tenths(self, score: float) -> str:
        """To a tenth, rounded down."""
        return self._number(math.floor(round(score * 10, 6)) / 10)

    def _number(self, value: float) -> str:
        return f"{value:g}".replace(".", self("decimal"))
