"""The laws of the platform, each held against random histories, faults and deliberate breaks."""
