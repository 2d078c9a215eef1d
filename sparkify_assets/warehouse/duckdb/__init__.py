"""The embedded engine: everything that only DuckDB understands. It needs no network and no credentials."""
