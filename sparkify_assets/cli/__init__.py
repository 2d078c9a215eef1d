"""The `sparkify` command: arguments in, calls into the platform, exit codes out.

One module for each group of commands, and `main.py`, which knows them all. What a command does belongs in the package
that it calls; nothing heavy is imported before a command is known.
"""
