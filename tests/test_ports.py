import socket

import pytest

from patternlab.ports import free_port, is_free


def test_a_port_is_free_until_something_listens_on_it():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not is_free(port)
        with pytest.raises(OSError):
            free_port(port)
    assert is_free(port) and free_port(port) == port


def test_any_free_port_is_one_that_a_server_can_have():
    with socket.create_server(("127.0.0.1", free_port())) as server:
        assert not is_free(server.getsockname()[1])


def test_a_number_that_is_no_port_is_refused():
    with pytest.raises(OverflowError):
        free_port(99_999)
