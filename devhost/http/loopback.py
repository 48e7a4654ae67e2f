"""Whether an address is one of this machine that no other can reach."""

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Return whether a host's name or address leads to this machine alone."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return False
    # ::ffff:127.0.0.1, as dual-stack sockets report it
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
