"""The stand-in for Amazon Redshift: PostgreSQL behind a proxy that answers, loads and refuses as Redshift does."""
