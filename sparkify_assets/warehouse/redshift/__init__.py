"""Amazon Redshift: connecting, COPY, landing, tables and grants. Not imported when the warehouse is DuckDB."""
