"""The stand-in for Amazon Redshift: PostgreSQL behind a proxy that speaks, loads and refuses as Redshift would."""
