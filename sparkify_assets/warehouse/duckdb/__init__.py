"""The embedded engine: everything that only DuckDB understands."""
