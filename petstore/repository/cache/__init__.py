"""The cache in Redis: its connection, what it holds, and what happens when it is away."""
