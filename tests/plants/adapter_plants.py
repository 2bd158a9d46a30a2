"""Bugs planted in adapters and in what they share: only the conformance suite is asked for them."""

from tests.plants.plants import Plant

CONFORMANCE = ("conformance",)


def _plant(what: str, file: str, before: str, after: str) -> Plant:
    return Plant(
        part="adapters", what=what, file=file, before=before, after=after, suites=CONFORMANCE
    )


ADAPTER_PLANTS = (
    _plant(
        "a success whose body is an error is believed",
        "adapters/http.py",
        '            raise Broken("broken_reply")\n',
        "            pass\n",
    ),
    _plant(
        "a write without a definite reply is sent again",
        "adapters/http.py",
        "        if request.is_repeatable:\n            return _TryAgain(self._later(request, code, "
        "reply), timedelta(0))\n",
        "        if code:\n            return _TryAgain(self._later(request, code, reply), "
        "timedelta(0))\n",
    ),
    _plant(
        "our own clock is taken for the system's",
        "adapters/http.py",
        "        return self._around.clock.now() + (self.skew or timedelta(0))\n",
        "        return self._around.clock.now()\n",
    ),
    _plant(
        "a listing that leads in a circle is whole",
        "adapters/hubspot/listing.py",
        'end = Partial(why="HubSpot\'s page tokens led in a circle.")',
        'end = Complete(proof="a circle", count=len(seen))',
    ),
    _plant(
        "a record on two pages is told twice",
        "adapters/hubspot/listing.py",
        "for one in results if record_id(one) not in seen}",
        "for one in results}",
    ),
    _plant(
        "a feed that leads in a circle goes on",
        "adapters/hubspot/changes.py",
        'raise self._circle("search")',
        'return ""',
    ),
    _plant(
        "a feed that has forgotten does not say so",
        "adapters/hubspot/changes.py",
        "is_full_listing_needed=is_too_old",
        "is_full_listing_needed=False",
    ),
    _plant(
        "readings of a late index do not overlap",
        "adapters/hubspot/changes.py",
        "since=self.marks.fast - self._poll.overlap",
        "since=self.marks.fast",
    ),
    _plant(
        "what a reply does not mention was written",
        "adapters/hubspot/writing.py",
        "token: said[0] if len(said) == 1 else errors.untold() for",
        'token: said[0] if len(said) == 1 else Accepted(id="", record=None) for',
    ),
    _plant(
        "results belong to writes by their place",
        "adapters/hubspot/writing.py",
        "return found[0] if len(found) == 1 else None",
        "return writes[0]",
    ),
    _plant(
        "what was sent counts as what is stored",
        "adapters/hubspot/writing.py",
        ".written(result, one.values)",
        ".written({**result, 'properties': dict(one.values)}, one.values)",
    ),
    _plant(
        "a refused key is anything but that",
        "adapters/hubspot/dialect.py",
        "if row.next is Next.RENEW:",
        "if row.next is None:",
    ),
    _plant(
        "a refusal quotes what it refuses",
        "adapters/hubspot/errors.py",
        'message = f"HubSpot refused the record{about}',
        'message = f"{entry}{about}',
    ),
    _plant(
        "a half-written file is a whole one",
        "adapters/csv_file/table.py",
        "                    raise half_written(settings, row)\n",
        "                    break\n",
    ),
    _plant(
        "a swap that may not be on disk is confirmed",
        "adapters/csv_file/replacement.py",
        '            self._step("sync the folder")\n            os.fsync(folder)\n        except OSError as error:\n',
        '            self._step("sync the folder")\n            os.fsync(folder)\n        except OSError as error:\n'
        "            return\n",
    ),
    _plant(
        "a row is overwritten whatever it holds by now",
        "adapters/csv_file/edits.py",
        "        if not self._is_unmoved(change.entry, write.expected):\n"
        "            return Moved(record=self._table.record(change.entry))\n"
        "        texts",
        "        texts",
    ),
)
