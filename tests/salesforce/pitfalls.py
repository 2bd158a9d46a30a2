"""What users of Salesforce integrations reported, by its number in our reference of Salesforce."""

from tests.pitfalls import Pitfall

SYSTEM = "Salesforce"

_NO_STREAM = "changes are polled; no stream is read"

PITFALLS = (
    Pitfall(number=1, title="rows with an older stamp appear after the cursor has passed"),
    Pitfall(number=2, title="more rows in one second than a page holds: the same query for ever"),
    Pitfall(number=3, title="ties at the end of a page are lost"),
    Pitfall(number=4, title="the cursor is the end of processing, or saved before the data"),
    Pitfall(number=5, title="paging by offset skips rows"),
    Pitfall(number=6, title="a full reading stops silently after some thousand rows"),
    Pitfall(number=7, title="a query's time-out counts as an empty table"),
    Pitfall(number=8, title="414 or 431 with many fields, and HTML that breaks the reader"),
    Pitfall(number=9, title="LastModifiedDate misses changes and can be back-dated"),
    Pitfall(number=10, title="formula fields change without any stamp"),
    Pitfall(number=11, title="a new field is not seen until a restart"),
    Pitfall(number=12, title="SystemModstamp cannot be filtered by everywhere"),
    Pitfall(number=13, title="campaign members are deleted without a trace"),
    Pitfall(number=14, title="merged records look like deleted ones"),
    Pitfall(number=15, title="bulk CSV: empty does not clear, and the first row's columns rule"),
    Pitfall(number=16, title="#N/A is written as text, or empty is taken for null"),
    Pitfall(number=17, title="null never reaches the other side"),
    Pitfall(number=18, title="updates of a converted lead fail for ever"),
    Pitfall(number=19, title="an upsert by address meets several people"),
    Pitfall(number=20, title="the key of an upsert repeated as a field fails silently"),
    Pitfall(number=21, title="the record id as the key of an upsert: 405"),
    Pitfall(number=22, title="a job is complete, and every row of it failed"),
    Pitfall(number=23, title="waiting for a job ends before the job does"),
    Pitfall(number=24, title="a header in the wrong case makes results unusable"),
    Pitfall(number=25, title="parallel writes to one account's contacts lock each other"),
    Pitfall(number=26, title="duplicate rules cannot be passed in bulk"),
    Pitfall(number=27, title="the name of a person account cannot be written"),
    Pitfall(number=28, title="a whole batch is dropped for one record"),
    Pitfall(number=29, title="one campaign member twice in a batch"),
    Pitfall(number=30, title="blanks around a value: differences without end"),
    Pitfall(number=31, title="logging out ends another program's session"),
    Pitfall(
        number=32,
        title="a rotated refresh token is lost",
        not_here="no refresh token is used: log-ins are by client credentials or a signed JWT",
    ),
    Pitfall(number=33, title="the limit header's other forms break its reader"),
    Pitfall(number=34, title="one's own writes come back as changes"),
    Pitfall(number=35, title="a stream of events stalls without an error", not_here=_NO_STREAM),
)
