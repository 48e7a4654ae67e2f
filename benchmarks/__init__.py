"""What the app costs, always beside a bare function measured in the same run: ``make bench``."""
