"""What a meeting server's password opens: sessions, and the question who is master; nothing that ends either.

Real Redis and Sentinels, as in test_redis_trio.py; the servers have a password of their own.
"""

import socket
from collections.abc import Iterator
from functools import partial

import pytest

from tests.configuration import SECRETS
from tests.daemons.redis_host import RedisHost
from tests.daemons.redis_trio import SECONDS, Trio, booted
from tests.unit.waiting import eventually

CLIENT = SECRETS["redis_password"]
# What session stores, limiters and the clients themselves say (connect-redis, ioredis, node_redis).
ALLOWED = """SET sess:a 1 EX 60; GET sess:a; MGET sess:a; EXPIRE sess:a 60; TTL sess:a; EXISTS sess:a; INCR n; DEL n;
SCAN 0 MATCH sess:*; HSET h a 1; HGETALL h; SADD s 1; ZADD z 1 a; LPUSH l 1; SELECT 0; PING; ECHO 1; INFO; ROLE; DBSIZE;
CLIENT SETNAME a; CLIENT ID; HELLO 3; COMMAND; UNLINK h; MULTI; WATCH sess:a; OBJECT ENCODING sess:a"""
REFUSED = """CONFIG GET requirepass; CONFIG SET maxmemory 1; FLUSHALL; FLUSHDB; SHUTDOWN NOSAVE; REPLICAOF NO ONE;
KEYS *; EVAL return 1 0; FUNCTION FLUSH; SCRIPT FLUSH; PUBLISH __sentinel__:hello a;
PUBLISH a b; SUBSCRIBE a; ACL LIST; ACL SETUSER default; MONITOR; CLIENT KILL TYPE normal; CLIENT LIST; CLIENT PAUSE 1;
SAVE; BGREWRITEAOF; FAILOVER; MIGRATE a 1 b 0 1; SWAPDB 0 1; MODULE LIST; SLOWLOG GET; LATENCY LATEST; SORT l;
CLUSTER RESET; RESTORE a 0 b; MEMORY PURGE"""
SENTINEL_ALLOWED = """SENTINEL GET-MASTER-ADDR-BY-NAME mymaster; SENTINEL SENTINELS mymaster; SENTINEL SLAVES mymaster;
SENTINEL REPLICAS mymaster; SENTINEL MASTER mymaster; INFO; PING; ROLE; CLIENT SETNAME a; HELLO 3"""
SENTINEL_REFUSED = """SENTINEL FAILOVER mymaster; SENTINEL REMOVE mymaster; SENTINEL SET mymaster quorum 1;
SENTINEL MONITOR other 127.0.0.1 1 1; SENTINEL RESET *; SENTINEL CONFIG GET *; SENTINEL CONFIG SET announce-ip 1;
SENTINEL FLUSHCONFIG; SENTINEL DEBUG; SENTINEL SIMULATE-FAILURE crash-after-election; PUBLISH __sentinel__:hello a;
SENTINEL IS-MASTER-DOWN-BY-ADDR 127.0.0.1 1 1 *; ACL LIST; SHUTDOWN; CLIENT KILL TYPE normal"""


@pytest.fixture(scope="module")
def trio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trio]:
    with booted(tmp_path_factory.mktemp) as hosts:
        yield hosts


def _said(host: RedisHost, words: str, *, sentinel: bool = False) -> str:
    return host.ask(*words.split(), sentinel=sentinel, password=CLIENT)


def _commands(text: str) -> list[str]:
    return [words.strip() for words in text.split(";")]


@pytest.mark.parametrize("words", _commands(ALLOWED))
def test_a_meeting_server_keeps_sessions(trio: Trio, words: str) -> None:
    assert not _said(trio["gra"], words).startswith(("NOPERM", "ERR"))


@pytest.mark.parametrize("words", _commands(REFUSED))
def test_and_does_nothing_else(trio: Trio, words: str) -> None:
    assert _said(trio["gra"], words).startswith("NOPERM")


@pytest.mark.parametrize("words", _commands(SENTINEL_ALLOWED))
def test_it_asks_a_sentinel_who_is_master(trio: Trio, words: str) -> None:
    assert not _said(trio["witness"], words, sentinel=True).startswith(("NOPERM", "ERR"))


@pytest.mark.parametrize("words", _commands(SENTINEL_REFUSED))
def test_and_tells_it_nothing(trio: Trio, words: str) -> None:
    assert _said(trio["witness"], words, sentinel=True).startswith("NOPERM")


@pytest.mark.parametrize("command", ["PSYNC ? -1", "SYNC", "DEBUG SLEEP 1"])
def test_nor_does_it_replicate(trio: Trio, command: str) -> None:
    """As the connection has it: redis-cli makes something else of these answers."""
    gra = trio["gra"]
    with socket.create_connection((gra.address, gra.ports[0]), timeout=20) as connection:
        connection.sendall(f"AUTH {CLIENT}\r\n".encode())
        assert connection.recv(64) == b"+OK\r\n"
        connection.sendall(f"{command}\r\n".encode())
        assert connection.recv(64).startswith((b"-NOPERM", b"-ERR DEBUG command not allowed"))


def test_its_password_is_not_the_servers(trio: Trio) -> None:
    """Nor is theirs any use without their name; all of it also once the daemons have written their files anew."""
    for host in trio.values():
        for sentinel, command in ((False, ("CONFIG", "REWRITE")), (True, ("SENTINEL", "FLUSHCONFIG"))):
            assert host.ask(*command, sentinel=sentinel) == "OK"
            assert "NOAUTH" in host.ask("PING", sentinel=sentinel, password=host.login["REDISCLI_AUTH"])
            assert host.ask("ACL", "WHOAMI", sentinel=sentinel) == "fleet"
        for conf in (host.conf, host.sentinel_conf):
            assert CLIENT not in conf.read_text()


def test_what_is_refused_is_counted_and_told(trio: Trio) -> None:
    """As monitoring reads it, and as the runbook has a person look."""
    gra = trio["gra"]
    assert gra.ask("ACL", "LOG", "RESET") == "OK"
    assert _said(gra, "FLUSHALL").startswith("NOPERM")
    assert "errorstat_NOPERM:count=" in gra.ask("INFO", "errorstats")
    told = gra.ask("ACL", "LOG").splitlines()
    assert told[told.index("object") + 1] == "flushall"


def test_rights_and_keys_are_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keys beside the pattern are refused; what the build of an operator's needs is let in."""
    given = {"env.redis.keys": ["sess:*", "lti:*"], "env.redis.rights": ["+eval", "&room:*", "+publish"]}
    with booted(tmp_path_factory.mktemp, given) as hosts:
        gra = hosts["gra"]
        assert _said(gra, "SET sess:a 1") == _said(gra, "SET lti:a 1") == "OK"
        assert _said(gra, "SET other 1").startswith("NOPERM")
        assert _said(gra, "EVAL return(1) 0") == "1"
        assert _said(gra, "PUBLISH room:1 a") == "0"
        assert _said(gra, "PUBLISH __sentinel__:hello a").startswith("NOPERM")
        gra.stop()
        write = partial(_said, hosts["sbg"], "SET sess:a 2")
        eventually(write, "OK".__eq__, seconds=SECONDS, what="another master takes sessions")
