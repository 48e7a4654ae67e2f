"""What the app costs, always next to a bare function measured in the same run: ``make bench``."""
