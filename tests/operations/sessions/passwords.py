"""Passwords that open nothing."""

import pytest

from governance.errors import Refused
from tests.operations.service import HOME

WRONG, NEW_PASSWORD = "wrong horse battery", "other horse battery"


def fail(service, name="bo", address=HOME, password=WRONG):
    with pytest.raises(Refused) as refused:
        service.sign_in(name, password, address)
    return refused.value
