"""What users of HubSpot integrations reported, by its number in our reference of HubSpot."""

from tests.pitfalls import Pitfall

SYSTEM = "HubSpot"

PITFALLS = (
    Pitfall(number=1, title="a search ends at 10,000 rows, some readers silently"),
    Pitfall(number=2, title="thousands of equal times read for ever"),
    Pitfall(number=3, title="the lagging search index hides what changed just before a poll"),
    Pitfall(number=4, title="incremental reading has fewer rows than a full one"),
    Pitfall(number=5, title="the wrong modified property of contacts finds nothing, without error"),
    Pitfall(number=6, title="archived records never disappear on the other side"),
    Pitfall(number=7, title="merged contacts live on, and links keep the old id"),
    Pitfall(number=8, title="a new association moves no modified date"),
    Pitfall(number=9, title="414: an address too long for all the properties"),
    Pitfall(number=10, title="texts that surprise: false, 67340.0, a number with a semicolon"),
    Pitfall(number=11, title="dates a day off, or refused as not midnight"),
    Pitfall(number=12, title="a batch of creates fails whole and reports its first conflict only"),
    Pitfall(number=13, title="search, then create: the index lags, so duplicates or a 409"),
    Pitfall(number=14, title="one address twice in a batch kills the batch"),
    Pitfall(number=15, title="no batch update by address"),
    Pitfall(number=16, title="a create fails for an address that is somebody's second one"),
    Pitfall(number=17, title="207 taken for failure, or for full success"),
    Pitfall(number=18, title="404 because every id of a batch is missing ends the run"),
    Pitfall(number=19, title="the vendor's client retries no POST and leaks its threads"),
    Pitfall(
        number=20,
        title="a webhook's signature is checked against the wrong bytes",
        not_here="no webhook is received: a service key has none, and polling tells everything",
    ),
    Pitfall(number=21, title="the token expires in the middle of a long reading"),
    Pitfall(number=22, title="each worker keeps the limit, all together do not"),
    Pitfall(number=23, title="the wrong type of association"),
    Pitfall(number=24, title="a bookmark at the newest record seen loses or repeats records"),
    Pitfall(number=25, title="owners who left; a missing scope for owners stops everything"),
    Pitfall(number=26, title="webhooks need an app; all but a batch's first event are dropped"),
    Pitfall(number=27, title="a fixed list of properties leaves out what customers added"),
    Pitfall(number=28, title="the version of the API is spread through the code"),
)
