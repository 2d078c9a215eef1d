"""Sparkify's data platform: from logs and song metadata in a lake to a star schema, on DuckDB or Amazon Redshift."""
