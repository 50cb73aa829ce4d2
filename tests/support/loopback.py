"""What clients of a service on loopback do without.

A new httpx client reads the certificates of every authority of the world, which takes longer than most requests of
the tests, and each test makes several clients. Nothing here speaks TLS: `verify=NO_TLS` spares it.
"""

from __future__ import annotations

import ssl

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts nobody: a server behind TLS would be refused."""
