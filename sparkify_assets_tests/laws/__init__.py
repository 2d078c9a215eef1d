"""The laws of the platform, each tested against random histories, faults and deliberate breaks."""
