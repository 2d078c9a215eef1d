"""The `sparkify` command: it parses arguments, calls the platform and returns an exit code.

Each module `…_commands.py` declares a group of commands beside the code that runs them. What a command does belongs in
the package that it calls. Heavy imports stay inside the functions that need them, so that `--help` answers at once.
"""
