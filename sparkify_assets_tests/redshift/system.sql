-- What each Redshift database starts with, as far as the platform uses it.

-- Volatile, so that it is only called where it is reached.
CREATE FUNCTION pg_catalog.too_long(size integer) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN RAISE string_data_right_truncation USING MESSAGE = format('value too long for type character varying(%s)', size);
END $$;

-- assumes: getdate_is_utc_in_seconds
CREATE FUNCTION pg_catalog.getdate() RETURNS timestamp LANGUAGE sql STABLE AS $$
SELECT date_trunc('second', statement_timestamp() AT TIME ZONE 'UTC') $$;

-- assumes: last_copy_is_of_the_session
CREATE FUNCTION pg_catalog.pg_last_copy_id() RETURNS integer LANGUAGE sql STABLE AS $$
SELECT COALESCE(NULLIF(current_setting('redshift.last_copy_id', true), ''), '-1')::integer $$;

CREATE FUNCTION pg_catalog.pg_last_copy_count() RETURNS bigint LANGUAGE sql STABLE AS $$
SELECT COALESCE(NULLIF(current_setting('redshift.last_copy_count', true), ''), '0')::bigint $$;

CREATE FUNCTION pg_catalog.is_valid_json(text text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
SELECT text IS JSON $$;

-- assumes: load_detail_columns
CREATE TABLE pg_catalog.sys_load_detail (
    user_id integer, query_id integer, file_name character(256), bytes_scanned integer, lines_scanned integer,
    record_time timestamp, splits_scanned integer, start_time timestamp, end_time timestamp
);
GRANT SELECT, INSERT ON pg_catalog.sys_load_detail TO PUBLIC;

-- assumes: load_history_columns
CREATE TABLE pg_catalog.sys_load_history (
    user_id integer, query_id bigint, transaction_id bigint, session_id integer, database_name text, status text,
    table_name text, start_time timestamp, end_time timestamp, duration bigint, data_source text, file_format text,
    loaded_rows bigint, loaded_bytes bigint, source_file_count integer, source_file_bytes bigint,
    file_count_scanned integer, file_bytes_scanned bigint, error_count bigint, copy_job_id bigint
);
GRANT SELECT, INSERT ON pg_catalog.sys_load_history TO PUBLIC;

-- assumes: load_error_detail_columns
CREATE TABLE pg_catalog.sys_load_error_detail (
    user_id integer, query_id bigint, transaction_id bigint, session_id integer, database_name character(64),
    table_id integer, start_time timestamp, file_name character(256), line_number bigint,
    column_name character(127), column_type character(10), column_length character(10), position integer,
    error_code integer, error_message character(512)
);
GRANT SELECT ON pg_catalog.sys_load_error_detail TO PUBLIC;

-- assumes: trailing_blanks_compare_equal
-- Texts compare like PostgreSQL's CHAR, which ignores trailing blanks.
UPDATE pg_catalog.pg_operator SET oprcode = ('bpchar' || substr(oprcode::text, 5))::regproc
WHERE oprcode::text IN ('texteq', 'textne');
UPDATE pg_catalog.pg_operator SET oprcode = ('bpchar' || substr(oprcode::text, 6))::regproc
WHERE oprcode::text IN ('text_lt', 'text_le', 'text_gt', 'text_ge');
UPDATE pg_catalog.pg_amproc SET amproc = CASE amproc::text
    WHEN 'bttextcmp' THEN 'bpcharcmp' WHEN 'bttextsortsupport' THEN 'bpchar_sortsupport'
    WHEN 'hashtext' THEN 'hashbpchar' ELSE 'hashbpcharextended' END::regproc
WHERE amproc::text IN ('bttextcmp', 'bttextsortsupport', 'hashtext', 'hashtextextended')
    AND amproclefttype = 'text'::regtype AND amprocrighttype = 'text'::regtype;

-- assumes: svv_views_show_types_and_comments
CREATE VIEW pg_catalog.svv_tables AS
SELECT table_schema, table_name, obj_description(format('%I.%I', table_schema, table_name)::regclass) AS remarks
FROM information_schema.tables;

CREATE VIEW pg_catalog.svv_columns AS
SELECT
    table_schema, table_name, column_name, ordinal_position, data_type, character_maximum_length,
    col_description(format('%I.%I', table_schema, table_name)::regclass, ordinal_position) AS remarks
FROM information_schema.columns;
GRANT SELECT ON pg_catalog.svv_tables, pg_catalog.svv_columns TO PUBLIC;

-- assumes: canceled_statement_leaves_its_session
-- PG_CANCEL_BACKEND is PostgreSQL's own.
