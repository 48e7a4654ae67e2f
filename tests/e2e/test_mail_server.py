"""`make mail`, the mail server of docs/local.md."""

import os
import signal
import smtplib
import subprocess
from email.message import EmailMessage

from tests.ports import free_port
from tests.tree import ROOT, need_dev_host

need_dev_host()


def _connect(port: int, process: subprocess.Popen[str]) -> smtplib.SMTP:
    while process.poll() is None:
        try:
            return smtplib.SMTP("127.0.0.1", port, timeout=10)
        except ConnectionRefusedError:
            continue
    raise AssertionError(process.communicate()[1])


def test_it_prints_mails() -> None:
    """It needs nothing installed before, prints each mail, and ends with Ctrl-C."""
    port = free_port()
    message = EmailMessage()
    message["Subject"] = "Ada has been added"
    message["From"] = message["To"] = "ada@example.com"
    message.set_content("Hello")
    process = subprocess.Popen(
        ["make", "-s", "mail", f"MAIL_PORT={port}"],  # noqa: S607
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        with _connect(port, process) as client:
            client.send_message(message)
    finally:
        os.killpg(process.pid, signal.SIGINT)
        out, error = process.communicate(timeout=30)
    assert "Subject: Ada has been added" in out
    assert "Traceback" not in error
