"""What both queue services promise: the one in this process, and a storage account's."""

import asyncio
import base64
import dataclasses
import logging
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from devhost.queues import connection_strings
from devhost.queues.memory import MemoryQueues
from devhost.queues.service import Gone, QueueError, QueueMessage, QueueService, Unreachable
from devhost.queues.storage import StorageQueues
from tests.devhost.manual_clock import ManualClock


class QueueServiceContract:
    """Each service is tested by a subclass that provides it."""

    @pytest.fixture
    def queue(self) -> str:
        """Return the name of a queue that does not exist."""
        return f"queue-{uuid4()}"

    async def test_no_queue(self, service: QueueService, queue: str) -> None:
        """A queue that does not exist has no messages."""
        assert list(await service.receive(queue, 16, 600)) == []

    async def test_one_message(self, service: QueueService, queue: str) -> None:
        """A message arrives as it was put, is hidden from others, and can be deleted."""
        text = "héllo <&> \r\n\t]]>"
        await service.put(queue, text)
        [message] = await service.receive(queue, 16, 600)
        now = datetime.now(UTC)
        assert (message.text, message.dequeue_count) == (text, 1)
        assert abs(message.inserted - now) < timedelta(seconds=5)
        assert abs(message.next_visible - now) < timedelta(seconds=605)
        assert abs(message.expires - now - timedelta(days=7)) < timedelta(seconds=5)
        assert list(await service.receive(queue, 16, 600)) == []
        await service.delete(queue, message)
        for act in (service.delete(queue, message), service.hide(queue, message, 0)):
            with pytest.raises(Gone):
                await act

    async def test_many(self, service: QueueService, queue: str) -> None:
        """As many are returned as asked for, each once, the oldest first."""
        for number in range(5):
            await service.put(queue, str(number))
        first = [message.text for message in await service.receive(queue, 3, 600)]
        rest = [message.text for message in await service.receive(queue, 32, 600)]
        assert (first, rest) == (["0", "1", "2"], ["3", "4"])

    async def test_shown_again(self, service: QueueService, queue: str) -> None:
        """A message that is shown again comes with the same id, a count of 2 and a new receipt."""
        await service.put(queue, "x")
        [first] = await service.receive(queue, 1, 600)
        hidden = await service.hide(queue, first, 600)
        with pytest.raises(Gone):
            await service.delete(queue, first)
        await service.hide(queue, hidden, 0)
        [second] = await service.receive(queue, 1, 600)
        assert (second.message_id, second.dequeue_count) == (first.message_id, 2)
        assert second.inserted == first.inserted
        with pytest.raises(Gone):
            await service.hide(queue, hidden, 0)
        await service.delete(queue, second)

    async def test_a_receiver_that_is_gone(self, service: QueueService, queue: str) -> None:
        """A message that nobody settles comes again when its time is over."""
        await service.put(queue, "x")
        [first] = await service.receive(queue, 1, 1)
        async with asyncio.timeout(20):
            found: Sequence[QueueMessage] = []
            while not found:
                await asyncio.sleep(0.01)
                found = await service.receive(queue, 1, 600)
        [second] = found
        assert (second.message_id, second.dequeue_count) == (first.message_id, 2)
        with pytest.raises(Gone):
            await service.delete(queue, first)

    async def test_sizes(self, service: QueueService, queue: str) -> None:
        """An empty message is taken, and 64 KB; more is not."""
        await service.put(queue, "")
        await service.put(queue, "x" * 65_000)
        with pytest.raises(QueueError):
            await service.put(queue, "x" * 65_537)
        sizes = [len(message.text) for message in await service.receive(queue, 32, 600)]
        assert sizes == [0, 65_000]

    async def test_at_once(self, service: QueueService, queue: str) -> None:
        """Senders and receivers at the same time lose nothing and share nothing."""
        await asyncio.gather(*(service.put(queue, str(number)) for number in range(40)))
        batches = await asyncio.gather(*(service.receive(queue, 16, 600) for _ in range(4)))
        texts = [message.text for batch in batches for message in batch]
        assert sorted(texts, key=int) == [str(number) for number in range(40)]

    async def test_after_close(self, service: QueueService, queue: str) -> None:
        """A closed service can be asked again."""
        await service.close()
        await service.put(queue, "x")
        assert len(await service.receive(queue, 1, 600)) == 1


class TestMemoryQueues(QueueServiceContract):
    """The queues in this process."""

    @pytest.fixture
    def service(self) -> QueueService:
        """Return a service."""
        return MemoryQueues()

    async def test_what_is_left(self) -> None:
        """What is left is counted, hidden or not; what expired is not given."""
        clock = ManualClock()
        service = MemoryQueues(clock)
        await service.put("work", "x")
        await service.put("work", "y")
        await service.receive("work", 1, 600)
        assert service.left() == {"work": 2}
        await clock.let_pass(7 * 24 * 3600 + 1)
        assert list(await service.receive("work", 32, 600)) == []
        assert service.left() == {}

    async def test_hidden_until(self) -> None:
        """A hidden message comes when its seconds have passed, not before."""
        clock = ManualClock()
        service = MemoryQueues(clock)
        await service.put("work", "x")
        await service.receive("work", 1, 30)
        await clock.let_pass(29.9)
        assert list(await service.receive("work", 1, 30)) == []
        await clock.let_pass(0.1)
        assert len(await service.receive("work", 1, 30)) == 1

    async def test_a_hundred_thousand(self) -> None:
        """A long queue is not searched from its start each time."""
        service = MemoryQueues()
        for _ in range(100_000):
            await service.put("work", "x")
        for _ in range(1_000):
            for message in await service.receive("work", 32, 600):
                await service.delete("work", message)
        assert service.left() == {"work": 68_000}


@pytest.mark.azurite
class TestStorageQueues(QueueServiceContract):
    """A storage account's queues, at Azurite."""

    @pytest.fixture
    async def service(self, azurite: str) -> AsyncIterator[QueueService]:
        """Return a service."""
        service = StorageQueues(connection_strings.parse(azurite))
        yield service
        await service.close()

    async def test_a_wrong_key(self, azurite: str, caplog: pytest.LogCaptureFixture) -> None:
        """A key that is refused is reported once, and can become valid."""
        account = connection_strings.parse(azurite)
        wrong = dataclasses.replace(account, key=b"wrong")
        service = StorageQueues(wrong)
        for _ in range(2):
            with pytest.raises(Unreachable, match="403"):
                await service.receive("work", 1, 600)
        service._account = account
        await service.receive("work", 1, 600)
        await service.close()
        assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
        assert "can be reached again" in caplog.text
        assert base64.b64encode(b"wrong").decode() not in caplog.text

    async def test_a_character_that_xml_lacks(self, service: QueueService) -> None:
        """It is refused before it is sent."""
        with pytest.raises(QueueError, match="character"):
            await service.put("work", "a\x01b")


@contextmanager
def _silent_port() -> Iterator[int]:
    """Return a port that takes connections and never answers."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        yield listener.getsockname()[1]


def _at(port: int) -> connection_strings.Account:
    return connection_strings.Account(f"http://127.0.0.1:{port}/shop", "shop", b"key")


async def test_nobody_answers(caplog: pytest.LogCaptureFixture) -> None:
    """A storage that does not answer is not waited for without end; the warning comes once."""
    caplog.set_level(logging.WARNING)
    with _silent_port() as port:
        service = StorageQueues(_at(port), timeout=0.2)
        for _ in range(2):
            with pytest.raises(Unreachable):
                await service.put("work", "x")
        await service.close()
    assert len(caplog.records) == 1


async def test_nobody_listens() -> None:
    """A refused connection is reported at once."""
    with _silent_port() as port:
        pass
    service = StorageQueues(_at(port))
    with pytest.raises(Unreachable, match="cannot be reached"):
        await service.receive("work", 1, 600)
    await service.close()


async def test_no_storage_at_all() -> None:
    """Answers of something that is not storage are errors, not crashes."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n<html")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        service = StorageQueues(_at(server.sockets[0].getsockname()[1]))
        with pytest.raises(QueueError, match="cannot be read"):
            await service.receive("work", 1, 600)
        with pytest.raises(QueueError, match="200"):
            await service.put("work", "x")
        await service.close()
