"""The engine Amazon Redshift: connecting, COPY, landing, tables and roles. It is not imported for DuckDB."""
