"""Real shared caches in front of a server: Varnish, Squid and nginx, each with its defaults."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.ports import free_port

_START_SECONDS = 20

_VCL = """vcl 4.1;
backend default {{ .host = "127.0.0.1"; .port = "{origin}"; }}
sub vcl_backend_response {{ set beresp.keep = 1m; }}
"""
_SQUID = """http_port 127.0.0.1:{port} accel defaultsite=127.0.0.1:{origin} no-vhost
cache_peer 127.0.0.1 parent {origin} 0 no-query no-digest originserver login=PASSTHRU
http_access allow all
cache_mem 8 MB
pid_filename none
access_log none
cache_log /dev/null
cache_store_log none
netdb_filename none
coredump_dir none
visible_hostname localhost
shutdown_lifetime 0 seconds
"""
_NGINX = """daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  proxy_cache_path {folder}/cache keys_zone=cache:1m;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://127.0.0.1:{origin};
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_cache cache;
      proxy_cache_revalidate on;
      proxy_cache_use_stale updating;
      proxy_cache_background_update on;
    }}
  }}
}}
"""


def _varnish(folder: Path, port: int, origin: int) -> list[str]:
    (folder / "cache.vcl").write_text(_VCL.format(origin=origin))
    place = ["-n", str(folder / "varnish"), "-a", f"127.0.0.1:{port}", "-j", "none"]
    return ["varnishd", "-F", *place, "-f", str(folder / "cache.vcl"), "-s", "malloc,16m"]


def _squid(folder: Path, port: int, origin: int) -> list[str]:
    # It writes nothing into the folder, which the user that it becomes may not enter.
    (folder / "squid.conf").write_text(_SQUID.format(port=port, origin=origin))
    # The name is that of its shared memory, of which each Squid of a machine needs its own.
    return ["squid", "-N", "-n", f"petstore{port}", "-d", "1", "-f", str(folder / "squid.conf")]


def _nginx(folder: Path, port: int, origin: int) -> list[str]:
    (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, port=port, origin=origin))
    return ["nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "nginx.log")]


CACHES: dict[str, Callable[[Path, int, int], list[str]]] = {
    "varnish": _varnish,
    "squid": _squid,
    "nginx": _nginx,
}


@contextmanager
def started(kind: str, folder: Path, origin: int) -> Iterator[int]:
    """Run a cache in front of a port of this machine, and return the cache's own port."""
    port = free_port()
    command = CACHES[kind](folder, port, origin)
    # Debian keeps servers where only root's PATH leads.
    program = shutil.which(command[0], path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip(f"NOT TESTED behind {kind}: it is not installed (apt-get install {kind})")
    log = folder / "output"
    with (
        log.open("wb") as output,
        subprocess.Popen([program, *command[1:]], stdout=output, stderr=output) as process,
    ):
        try:
            _wait_for(port, process, log)
            yield port
        finally:
            process.terminate()
            process.wait(_START_SECONDS)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as connection:
            if connection.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail(f"the cache did not start: {log.read_text()}")
