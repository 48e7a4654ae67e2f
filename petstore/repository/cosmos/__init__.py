"""The promises of ``repository.port`` on Azure Cosmos DB for NoSQL."""
