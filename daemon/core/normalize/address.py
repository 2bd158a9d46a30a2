"""E-mail and web addresses: whether an e-mail is one, and what both are compared by.

Takes text, gives text; never raises. Host names are compared in their Unicode form: ``xn--``
labels are decoded, nothing is folded (IDNA 2003 would make ``straße.example`` and
``strasse.example`` one host).
"""

import re
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from daemon.core.normalize.text import clean

CACHE_SIZE = 65_536
_SHORT = 128
"""Addresses up to this length meet no limit of the whole address, however the host is encoded."""
_LONGEST = 254
"""Characters of the longest address a mail server takes (RFC 5321)."""
_LONGEST_NAME = 64
_PLAIN_NAME = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.ASCII | re.IGNORECASE
)
"""A dot-atom (RFC 5322): the part before the ``@`` of nearly every address."""
_SEVERAL = re.compile(r"@[^@]*[,;/\s][^@]*@")
_LONGEST_LABEL = 63
_PUNYCODE_MARK = "xn--"
_URL = re.compile(r"(?:([a-z][a-z0-9+.\-]*)://)?([^\s/?#@]+\.[^\s/?#@]+)([/?#]\S*)?", re.IGNORECASE)
_HOST = re.compile(r"(?:[^\W_](?:[\w-]*[^\W_])?\.)+(?:[^\W\d_]{2,}|xn--[\w-]+)\.?(?::\d{1,5})?")
_WEB = frozenset({"http", "https"})
_LONGEST_URL = 2048
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def is_email(text: str) -> bool:
    """Tell whether *text*, outer blanks aside, is an address mail could be sent to.

    Syntax by RFC 5322 and IDNA as ``email-validator`` checks it, without asking the network.
    ``example.com``, ``.example`` and ``.test`` pass, because sandboxes and trials are full of
    them and they reach nobody; ``localhost``, ``.invalid``, ``.local`` and dotless hosts do not.
    """
    address = text.strip()
    if len(address) > _LONGEST:
        return False
    name, _, host = address.rpartition("@")
    if len(address) <= _SHORT and len(name) <= _LONGEST_NAME and _PLAIN_NAME.fullmatch(name):
        # Whether it is an address then hangs on the host alone, and contacts share hosts.
        return _is_address(f"a@{host}")
    return _is_address(address)


@lru_cache(maxsize=CACHE_SIZE)
def _is_address(address: str) -> bool:
    try:
        parts = validate_email(
            address, check_deliverability=False, test_environment=True, strict=True
        )
    except (EmailNotValidError, UnicodeError):
        return False
    return "." in parts.domain


def why_no_email(text: str) -> str:
    """Return what keeps *text* from being an address, in words that show nothing of it."""
    address = text.strip()
    if len(address) > _LONGEST:
        return f"this one is longer than {_LONGEST} characters"
    name, _, host = address.rpartition("@")
    for applies, why in (
        ("@" not in address, "the @ is missing"),
        ('"' in name, "quotation marks before the @ are refused nearly everywhere"),
        ("(" in address and ")" in address, "it holds a comment in brackets"),
        ("<" in address or address.lower().startswith("mailto:"), "there is more than the address"),
        (_SEVERAL.search(address) is not None, "there are several"),
        (any(letter.isspace() for letter in address), "it holds a blank"),
        ("," in address, "it holds a comma"),
        (not name, "nothing stands before the @"),
        ("." not in host, "what follows the @ has no dot"),
        (len(name) > _LONGEST_NAME, f"more than {_LONGEST_NAME} characters stand before the @"),
    ):
        if applies:
            return why
    return "this one cannot be written to"


@lru_cache(maxsize=CACHE_SIZE)
def email_form(text: str) -> str:
    """Return what an e-mail address is compared by: lower case, host in Unicode."""
    address = clean(clean(text).lower())
    name, mark, host = address.rpartition("@")
    return f"{name}{mark}{_host(host)}" if mark else address


def is_url(text: str) -> bool:
    """Tell whether *text* is a web address: a host with a dot, with or without its scheme."""
    match = _URL.fullmatch(text.strip()) if len(text) <= _LONGEST_URL else None
    if match is None or (match[1] or "https").lower() not in _WEB:
        return False
    return _HOST.fullmatch(_host(match[2].lower())) is not None


def url_form(text: str) -> str:
    """Return what a web address is compared by: scheme and host lower, no trailing slash.

    The path keeps its case, a missing scheme stays missing. Text that is no address is compared
    as text.
    """
    address = clean(text)
    match = _URL.fullmatch(address)
    if match is None:
        return address
    scheme, host, rest = (match[1] or "").lower(), _host(match[2].lower()), match[3] or ""
    host = host.removesuffix(_DEFAULT_PORTS.get(scheme, "\n"))
    if "?" not in rest and "#" not in rest:
        rest = rest.rstrip("/")
    return clean(f"{scheme}://{host}{rest}" if scheme else f"{host}{rest}")


def without_scheme(form: str) -> str:
    """Return the url form *form* without ``http://`` or ``https://``."""
    return form.removeprefix("http://").removeprefix("https://")


def _host(host: str) -> str:
    if _PUNYCODE_MARK not in host:
        return host
    return ".".join(_label(label) for label in host.split("."))


def _label(label: str) -> str:
    if not label.startswith(_PUNYCODE_MARK) or len(label) > _LONGEST_LABEL:
        return label
    tail = label.removeprefix(_PUNYCODE_MARK)
    try:
        decoded = tail.encode("ascii").decode("punycode")
        is_faithful = decoded.encode("punycode").decode() == tail
    except (UnicodeError, ValueError):
        return label
    is_plain = decoded.isprintable() and decoded == clean(decoded.lower())
    return decoded if is_faithful and is_plain and not decoded.isascii() else label
