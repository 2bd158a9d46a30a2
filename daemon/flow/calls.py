"""The log of API calls: written as the run goes, so that a killed run has told what it sent."""

from adapters.contract import Call
from daemon.flow.budgets import keep_spending
from daemon.flow.parts import RunPart
from state import runs
from state.runs import CallRow


async def keep_calls(run: RunPart) -> None:
    """Write the API calls of the run so far to the log, and what they spent of accounts' days."""
    calls = list(run.calls)
    run.calls.clear()
    await run.state.write(runs.note_calls, run=run.id, calls=[_row(call) for call in calls])
    await keep_spending(run.state, run.spendings)


def _row(call: Call) -> CallRow:
    return CallRow(
        connection=call.connection,
        method=call.method,
        endpoint=call.endpoint,
        purpose=call.purpose,
        status=call.status,
        started_at=call.started_at,
        milliseconds=round(call.duration.total_seconds() * 1000),
        attempt=call.attempt,
        correlation_id=call.correlation_id,
        note=call.note,
    )
