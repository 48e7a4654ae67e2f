"""Which keys are owed to a cache that did not answer."""

from petstore.repository.cache.owed import Owed


class Clock:
    """A clock that a test moves."""

    now = 1_000.0

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self.now


def _keys(owed: Owed) -> list[str]:
    return [key for key, _ in owed.marked(100_000)]


def test_a_key_is_owed_until_it_is_removed() -> None:
    """Keys are owed once each, the one noted last at the end."""
    owed = Owed(10, Clock())
    marks = {key: owed.add(key) for key in ("a", "b", "a")}
    assert _keys(owed) == ["b", "a"]
    assert [key for key, _ in owed.marked(1)] == ["b"]
    owed.remove("a", marks["a"])
    owed.remove("c", object())
    assert _keys(owed) == ["b"]


def test_a_key_that_was_noted_again_stays() -> None:
    """Who drops a key for an earlier write does not settle the later one."""
    owed = Owed(10, Clock())
    first = owed.add("a")
    owed.add("a")
    owed.remove("a", first)
    assert _keys(owed) == ["a"]


def test_nothing_is_owed_for_values_that_are_over() -> None:
    """After the life of a value its key is forgotten, and everything may be read."""
    clock = Clock()
    owed = Owed(10, clock)
    owed.add("a")
    clock.now += 9
    owed.add("b")
    clock.now += 1
    assert _keys(owed) == ["b"]
    assert owed.blind_seconds == 0


def test_too_many_keys() -> None:
    """Of more than 10,000 the oldest are forgotten; nothing may be read while their values live."""
    clock = Clock()
    owed = Owed(300, clock)
    for number in range(10_000):
        owed.add(str(number))
    assert owed.blind_seconds == 0
    clock.now += 1
    owed.add("one more")
    assert len(_keys(owed)) == 10_000
    assert "0" not in _keys(owed)
    assert owed.blind_seconds == 299
    clock.now += 299
    assert owed.blind_seconds == 0
    assert _keys(owed) == ["one more"]
