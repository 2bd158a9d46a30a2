"""What the reference adapter's removals do beyond the contract: bin, faults, log of writes."""

import pytest

from adapters.contract import Accepted, Hints, Moved, Refused, Verb, Write
from adapters.errors import RetryLater
from tests.conformance.causes import Cause
from tests.conformance.harness_memory import MemoryHarness


async def test_deleting_empties_the_bin() -> None:
    """What is archived can still be deleted for good, if it is what the removal expects."""
    on = MemoryHarness()
    (id_,) = await on.put([on.sample(1)])
    await on.remove(id_)

    def deletion(name: str) -> Write:
        return Write(token="a", id=id_, values={}, expected={"first_name": name})

    (refused,) = await on.adapter.write(on.object_name, Verb.DELETE, [deletion("Other")])
    (done,) = await on.adapter.write(on.object_name, Verb.DELETE, [deletion("Name 1")])

    assert isinstance(refused, Moved)
    assert refused.record is not None
    assert refused.record.is_archived
    assert Accepted(id=id_, record=None) == done
    assert {} == on.system.records


async def test_a_fault_before_the_effect_leaves_the_record() -> None:
    """A request that never took effect removed nothing, and is in nobody's log of writes."""
    on = MemoryHarness()
    (id_,) = await on.put([on.sample(1)])
    await on.cause(Cause.FAILING_READS)

    with pytest.raises(RetryLater):
        await on.adapter.write(on.object_name, Verb.ARCHIVE, [Write(token="a", id=id_, values={})])

    assert (1, []) == (await on.count(), on.system.writes)


async def test_the_log_of_writes_has_what_took_effect() -> None:
    """A refused removal and one of a record that is gone are no effect."""
    on = MemoryHarness()
    ids = await on.put([on.sample(number) for number in range(3)])
    on.system.faults.refuses = lambda write: "locked" if write.id == ids[2] else ""
    order = [ids[0], ids[0], "nobody", ids[1], ids[2]]

    *done, refused = await on.adapter.write(
        on.object_name,
        Verb.ARCHIVE,
        [Write(token=f"t{place}", id=id_, values={}) for place, id_ in enumerate(order)],
    )

    assert [Accepted(id=id_, record=None) for id_ in order[:-1]] == done
    assert isinstance(refused, Refused)
    assert [("archive", ids[0]), ("archive", ids[1])] == on.system.writes


async def test_no_feed_tells_of_a_deletion_for_good() -> None:
    """Only a listing shows it, as with systems that keep no trace."""
    on = MemoryHarness()
    (id_,) = await on.put([on.sample(1)])
    await on.settle()
    cursor = await on.adapter.start_cursor(on.object_name)

    await on.adapter.write(on.object_name, Verb.DELETE, [Write(token="a", id=id_, values={})])

    told = [item async for item in on.adapter.changes(on.object_name, cursor)]
    assert [] == [hint for item in told if isinstance(item, Hints) for hint in item.hints]
