"""What can be brought about at an end, so that the suite can see what an adapter makes of it."""

from collections.abc import Mapping
from enum import StrEnum

from adapters.contract import Capabilities, Verb


class Ability(StrEnum):
    """What an adapter says of itself, as far as a case depends on it."""

    ANY = "is an adapter"
    REMOTE = "asks over a net"
    EXTERNAL_ID = "carries an id of ours"
    FIELD_TIMES = "tells when single fields changed"
    PRECONDITION = "compares before it writes"
    REPLIES = "replies with values"
    REMOVALS = "removes records"
    ARCHIVE = "archives"
    BATCHES = "writes four records a call"
    FEED = "tells of changes page by page"
    LATE_FEED = "tells of changes late"


def abilities(able: Capabilities) -> frozenset[Ability]:
    """Return what *able* claims."""
    claims = {
        Ability.ANY: True,
        Ability.REMOTE: able.is_remote,
        Ability.EXTERNAL_ID: able.has_external_id,
        Ability.FIELD_TIMES: able.has_field_times,
        Ability.PRECONDITION: able.has_precondition,
        Ability.REPLIES: able.replies_with_values,
        Ability.REMOVALS: bool(able.removals),
        Ability.ARCHIVE: Verb.ARCHIVE in able.removals,
        Ability.BATCHES: able.write_batch >= 4,
        Ability.FEED: able.hint_page_size > 0,
        Ability.LATE_FEED: bool(able.index_lag),
    }
    return frozenset(ability for ability, is_claimed in claims.items() if is_claimed)


class Cause(StrEnum):
    """What a harness is asked to bring about. From then on, unless it says "next"."""

    CUT_LISTING = "cut_listing"
    """Listings end before their last record, and nothing in them says so."""
    LOOPING_LISTING = "looping_listing"
    """Listings of more than two pages lead back to a page that was there."""
    DUPLICATED_ROWS = "duplicated_rows"
    """Each page of a listing repeats a record: of its own, or better of a page before it."""
    REORDERED_ROWS = "reordered_rows"
    """Records come in another order than before."""
    FAILING_READS = "failing_reads"
    """Nothing that reads is answered."""
    EQUAL_TIMES = "equal_times"
    """All records are touched in one instant: more than a page, and than any cap, of the feed."""
    LOOPING_FEED = "looping_feed"
    """The feed's pages lead back to a page that was there."""
    EXPIRED_CURSOR = "expired_cursor"
    """So much time passes that the feed forgets what it told from an earlier cursor."""
    LATE_INDEX = "late_index"
    """The feed learns of changes as late as ``index_lag`` allows."""
    CLOCK_AHEAD = "clock_ahead"
    """The system's clock is twenty minutes ahead of ours."""
    CLOCK_BEHIND = "clock_behind"
    """The system's clock is twenty minutes behind ours."""
    RATE_LIMIT = "rate_limit"
    """The next three requests are refused for their number, with the seconds to wait."""
    RATE_LIMIT_SILENT = "rate_limit_silent"
    """The next three requests are refused for their number, without a word on how long to wait."""
    RATE_LIMIT_LONG = "rate_limit_long"
    """Every request is refused for their number, until tomorrow."""
    LOST_REQUEST = "lost_request"
    """The next write breaks off before the system hears of it."""
    LOST_REPLY = "lost_reply"
    """The next write happens, and breaks off before it is confirmed."""
    TIME_OUT_AFTER_COMMIT = "time_out_after_commit"
    """The next write happens, and a gateway answers that it waited too long."""
    SLOW_REPLY = "slow_reply"
    """The next write happens, and is confirmed after ``request_time_out``."""
    HTML_REPLY = "html_reply"
    """Everything is answered by a web page, as a success."""
    HTML_ERROR = "html_error"
    """Everything is answered by a gateway's web page, as a server error."""
    CUT_REPLY = "cut_reply"
    """Every reply breaks off half-way."""
    ERROR_IN_SUCCESS = "error_in_success"
    """Everything is answered by a success whose body is an error."""
    SHORT_BATCH = "short_batch"
    """The next batch is written, but its reply lacks the last record's result."""
    SHUFFLED_BATCH = "shuffled_batch"
    """The next batch's results come in another order than the batch."""
    REFUSED_RECORD = "refused_record"
    """The system refuses what :meth:`Harness.unacceptable` returns; it always does."""
    HIDDEN_FIELD = "hidden_field"
    """The first text field is out of sight: in no definition and in no record."""
    SWAPPED_ACCOUNT = "swapped_account"
    """The credentials lead to another account."""
    REVOKED = "revoked"
    """The credentials are no longer good."""
    FORBIDDEN = "forbidden"
    """The credentials are good, and a permission is missing."""
    NORMALISED = "normalised"
    """Text that is written is stored without the blanks around it, or otherwise changed."""
    IGNORED = "ignored"
    """A write to the first text field is accepted, and the old value stays."""
    ANSWERED = "answered"
    """A write to the first text field makes the system itself write the second one."""
    MERGED = "merged"
    """A person merges the second id given into the first one."""
    RESTORED = "restored"
    """A person takes the archived record of the id given back."""
    ID_REUSED = "id_reused"
    """The record of the id given is removed, and ``sample(77)`` gets its id."""


CLAIMED: Mapping[Cause, Ability] = {
    Cause.FAILING_READS: Ability.ANY,
    Cause.LOST_REPLY: Ability.ANY,
    Cause.HIDDEN_FIELD: Ability.ANY,
    Cause.SWAPPED_ACCOUNT: Ability.ANY,
    Cause.LOOPING_LISTING: Ability.REMOTE,
    Cause.RATE_LIMIT: Ability.REMOTE,
    Cause.RATE_LIMIT_LONG: Ability.REMOTE,
    Cause.REVOKED: Ability.REMOTE,
    Cause.FORBIDDEN: Ability.REMOTE,
    Cause.EQUAL_TIMES: Ability.FEED,
    Cause.LATE_INDEX: Ability.LATE_FEED,
    Cause.RESTORED: Ability.ARCHIVE,
}
"""What an adapter cannot call impossible once it claims the ability."""
