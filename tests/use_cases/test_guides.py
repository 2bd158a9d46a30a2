"""Every type's guide fits its settings, and says what a person needs to know."""

from typing import get_args

import pytest
from pydantic import SecretStr

from adapters.contract import AdapterKind
from adapters.guide import Guide
from adapters.registry import adapter_kinds

GUIDED = {
    word: (kind, kind.guide) for word, kind in adapter_kinds().items() if kind.guide is not None
}


@pytest.fixture(params=GUIDED)
def guided(request: pytest.FixtureRequest) -> tuple[AdapterKind, Guide]:
    return GUIDED[str(request.param)]


def test_every_type_can_be_connected() -> None:
    """What ships has a guide."""
    assert sorted(adapter_kinds()) == sorted(GUIDED)


def test_questions_are_keys_of_the_connection(guided: tuple[AdapterKind, Guide]) -> None:
    """Each asks for a key there is; exactly the secret ones are asked for without echo."""
    kind, guide = guided
    fields = kind.settings.model_fields

    for question in guide.questions:
        annotation = fields[question.setting].annotation
        holds_secret = SecretStr in (annotation, *get_args(annotation))
        assert holds_secret is question.is_secret, question.setting


def test_what_is_required_is_asked_for(guided: tuple[AdapterKind, Guide]) -> None:
    """The answers, with the defaults of the rest, make a connection."""
    kind, guide = guided
    asked = {question.setting for question in guide.questions}

    required = {name for name, field in kind.settings.model_fields.items() if field.is_required()}
    assert required <= asked


def test_every_permission_says_what_it_is_for(guided: tuple[AdapterKind, Guide]) -> None:
    """By its own spelling, once, with a reason; steps are whole sentences."""
    _, guide = guided

    names = [scope.name for scope in guide.scopes]
    assert sorted(set(names)) == sorted(names)
    assert all(scope.why for scope in guide.scopes)
    assert guide.steps
    assert all(step[0].isupper() and step.endswith((".", ")")) for step in guide.steps)


def test_a_secret_can_be_given_by_scripts_and_revoked(guided: tuple[AdapterKind, Guide]) -> None:
    """It has a variable, and a place where it is made useless."""
    _, guide = guided

    secrets = [question for question in guide.questions if question.is_secret]
    assert all(question.variable for question in secrets)
    assert bool(secrets) is bool(guide.revoke)
