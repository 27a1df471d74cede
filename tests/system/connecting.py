# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Connections of people in a world of a test file's own, which is its fixture `life`."""

import pytest

import protocol_client as client
from frames import mac

OWN = "52:54:00:00:00:01"


@pytest.fixture
def connect(life):
    """connect(user): a connection of the user's."""
    requests = []

    def connecting(user):
        requests.append(life.start_request(user, channel=client.pair, arguments=["--fd=9"]))
        return requests[-1].socket

    yield connecting
    for request in requests:
        request.socket.close()
        request.finish()


def locked(connection, address=OWN):
    reply = client.ask(connection, 1, "br0", flags=client.MAC | client.VNET, mac=mac(address))
    assert reply.code == 0, reply.sentence
    return reply
