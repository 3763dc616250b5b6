"""MariaDB and the schemas of every service."""

import shutil
from concurrent.futures import ThreadPoolExecutor

from lab.cloud.config import DATABASE_URL, rabbit_url
from lab.cloud.layout import AUTH_URL, CONF, HOME, LOG, MYSQL_SOCKET, PASSWORDS, Region
from lab.cloud.settings import Settings
from lab.cloud.shell import PYTHON, RUNTIME, LabError, run, start, wait_for

SCHEMAS = ("nova_cell0", "nova_api", "nova", "neutron", "glance", "placement")
CLIENT = ["mysql", "--no-defaults", "-uroot", "-S", str(MYSQL_SOCKET), "-N", "-B"]


def sql(statements: str, schema: str = "") -> str:
    """Run SQL statements."""
    return run([*CLIENT, "-e", statements, *([schema] if schema else [])])


def start_server() -> int:
    """Start MariaDB on the data directory and wait until it answers; its process id."""
    if not (HOME / "mysql" / "mysql").is_dir():
        run(
            [
                "mariadb-install-db",
                f"--defaults-file={CONF}/my.cnf",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                "--user=root",
            ]
        )
    pid = start("mariadb", ["mariadbd", f"--defaults-file={CONF}/my.cnf"])

    def check() -> str:
        try:
            sql("select 1")
        except LabError as error:
            return str(error).splitlines()[-1]
        return ""

    wait_for("MariaDB", check, seconds=60, log=LOG / "mariadb.log", pid=pid)
    return pid


def manage(program: str, *arguments: str, region: Region | None = None) -> None:
    """Run one of OpenStack's management programs with its configuration."""
    slug = region.slug if region else ""
    if program == "placement-manage":
        config = ["--config-dir", f"{CONF}/placement-{slug}"]
    elif program == "keystone-manage":
        config = ["--config-file", f"{CONF}/keystone.conf"]
    else:
        file = {"nova-manage": "nova", "neutron-db-manage": "neutron", "glance-manage": "glance"}[program]
        config = ["--config-file", f"{CONF}/{file}-{slug}.conf"]
    run([PYTHON, str(RUNTIME / "launch.py"), "run", program, *config, *arguments])


def initialise(settings: Settings) -> None:
    """Make all schemas: migrations run once, the other regions get copies of the tables."""
    first, *others = settings.regions
    statements = "create database keystone;"
    for region in settings.regions:
        statements += "".join(f"create database {schema}_{region.slug};" for schema in SCHEMAS)
    sql(statements)
    with ThreadPoolExecutor(4) as pool:
        work = [pool.submit(_keystone, first), pool.submit(_nova, first)]
        work += [pool.submit(manage, "neutron-db-manage", "upgrade", "heads", region=first)]
        work += [
            pool.submit(manage, program, "db", "sync", region=first)
            for program in ("placement-manage", "glance-manage")
        ]
        for part in work:
            part.result()
    for region in others:
        for schema in SCHEMAS:
            _clone(f"{schema}_{first.slug}", f"{schema}_{region.slug}")
        _map_cells(region)


def forget_heartbeats(settings: Settings) -> None:
    """Let no agent of an earlier run pass for a living one: what is scheduled to it would wait for it in vain."""
    for region in settings.regions:
        sql("update agents set heartbeat_timestamp='2000-01-01'", f"neutron_{region.slug}")
        sql("update services set last_seen_up='2000-01-01'", f"nova_{region.slug}")


def _connection(schema: str, region: Region) -> str:
    return f"{DATABASE_URL}/{schema}_{region.slug}?unix_socket={MYSQL_SOCKET}&charset=utf8"


def _map_cells(region: Region) -> None:
    """Point the copied cells of a region at its own databases and bus."""
    cell0, cell1 = (_connection(schema, region) for schema in ("nova_cell0", "nova"))
    statements = (
        f"update cell_mappings set database_connection='{cell0}' where name='cell0'",  # noqa: S608 -- our own tables
        f"update cell_mappings set database_connection='{cell1}', transport_url='{rabbit_url(region)}',"  # noqa: S608
        " uuid=uuid() where name='cell1'",
    )
    sql("; ".join(statements), f"nova_api_{region.slug}")


def _clone(source: str, target: str) -> None:
    dump = run(["mysqldump", "--no-defaults", "-uroot", "-S", str(MYSQL_SOCKET), "--skip-comments", source])
    run([*CLIENT, target], stdin=dump)


def _nova(region: Region) -> None:
    manage("nova-manage", "api_db", "sync", region=region)
    connection = _connection("nova_cell0", region)
    manage("nova-manage", "cell_v2", "map_cell0", "--database_connection", connection, region=region)
    manage("nova-manage", "db", "sync", "--local_cell", region=region)
    _clone(f"nova_{region.slug}", f"nova_cell0_{region.slug}")  # the same schema: spares a second run of migrations
    manage("nova-manage", "cell_v2", "create_cell", "--name", "cell1", region=region)


def _keystone(region: Region) -> None:
    shutil.rmtree(HOME / "keystone", ignore_errors=True)
    (HOME / "keystone").mkdir()
    owner = ("--keystone-user", "root", "--keystone-group", "root")
    manage("keystone-manage", "db_sync")
    manage("keystone-manage", "fernet_setup", *owner)
    manage("keystone-manage", "credential_setup", *owner)
    urls = [argument for kind in ("admin", "internal") for argument in (f"--bootstrap-{kind}-url", AUTH_URL)]
    password = ("--bootstrap-password", PASSWORDS["admin"])
    manage("keystone-manage", "bootstrap", *password, "--bootstrap-region-id", region.name, *urls)
