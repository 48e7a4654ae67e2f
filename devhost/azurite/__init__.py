"""Azurite, Microsoft's storage emulator."""
