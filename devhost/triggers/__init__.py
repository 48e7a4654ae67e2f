"""What starts functions besides requests: timers and queues, and what they send."""
