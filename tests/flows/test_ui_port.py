"""A port that is in use is told with another one, without a browser."""

import socket
from contextlib import closing

import pytest

from core.base.errors import UserError
from flows.ui import refuse_busy


@pytest.mark.parametrize(("port", "other"), [(4201, 4202), (65535, 65534)])
def test_another_port_than_the_busy_one_is_proposed(port, other):
    with closing(socket.socket()) as busy:
        try:
            busy.bind(("127.0.0.1", port))
            busy.listen()
        except OSError:
            pass  # somebody else has it, which is as well
        with pytest.raises(UserError, match=f"port {port} is in use: .*: `make ui PORT={other}`"):
            refuse_busy(port)
