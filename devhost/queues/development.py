"""The storage account that every emulator has."""

ACCOUNT = "devstoreaccount1"
# Public: Microsoft documents it.
ACCOUNT_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
QUEUE_PORT = 10001


def connection_string(queue_port: int = QUEUE_PORT) -> str:
    """Return the connection string for the queues of an emulator on this machine."""
    return (
        f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={ACCOUNT_KEY};"
        f"QueueEndpoint=http://127.0.0.1:{queue_port}/{ACCOUNT};"
    )
