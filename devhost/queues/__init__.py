"""Storage queues: in this process, or in a storage account."""
