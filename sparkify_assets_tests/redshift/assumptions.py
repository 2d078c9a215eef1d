"""What Redshift is assumed to do: every behaviour that the stand-in imitates and only a real cluster can settle.

The name of a row is the name of the live test that settles it, and stands in the stand-in's code, after `assumes:`,
where it relies on it. How the stand-in does it is not described here.
"""

from dataclasses import dataclass
from typing import Literal

_GUIDE = "https://docs.aws.amazon.com/redshift/latest/dg/"


@dataclass(frozen=True)
class Assumption:
    """What Redshift is taken to do, and how that is known: from a page of AWS's documentation, or not at all."""

    name: str
    what: str
    basis: Literal["documented", "assumed"]
    link: str = ""


# By page: the name of an assumption, and what Redshift does.
_DOCUMENTED = {
    "PG_LAST_COPY_COUNT.html": {
        "last_copy_is_of_the_session": "PG_LAST_COPY_ID and PG_LAST_COPY_COUNT are of the session's latest COPY.",
    },
    "PG_CANCEL_BACKEND.html": {
        "canceled_statement_leaves_its_session": "PG_CANCEL_BACKEND ends the statement that a session of the same user "
        "runs, with the error 57014; the session stays.",
    },
    "r_SVV_COLUMNS.html": {
        "svv_views_show_types_and_comments": "SVV_TABLES and SVV_COLUMNS have the comments as remarks, and the types.",
    },
    "r_SVV_ROLES.html": {
        "svv_roles_show_every_role": "SVV_ROLES shows every role to everybody.",
    },
    "r_SVV_USER_GRANTS.html": {
        "svv_user_grants_say_who_is_secadmin": "SVV_USER_GRANTS shows the user's own roles, including sys:secadmin.",
    },
    "r_SVV_RELATION_PRIVILEGES.html": {
        "privileges_are_seen_by_who_administers_them": "SVV_RELATION_PRIVILEGES and SVV_SCHEMA_PRIVILEGES have a row "
        "for each privilege of a role, for who made the role or is a superuser.",
    },
    "r_SVV_ATTACHED_MASKING_POLICY.html": {
        "masking_views_are_for_secadmins": "The views of masking policies are empty but for superusers and secadmins.",
    },
    "SYS_LOAD_HISTORY.html": {
        "load_history_columns": "SYS_LOAD_HISTORY has a row for each COPY, with its session, table, start and rows.",
    },
    "SYS_QUERY_HISTORY.html": {
        "sys_ids_are_not_stl_ids": "A COPY's id in SYS views and PG_LAST_COPY_ID, which is of STL views, need not be "
        "equal.",
    },
    "SYS_LOAD_DETAIL.html": {
        "load_detail_columns": "SYS_LOAD_DETAIL has a row for each file of a COPY, its name as CHAR(256).",
    },
    "SYS_LOAD_ERROR_DETAIL.html": {
        "load_error_detail_columns": "SYS_LOAD_ERROR_DETAIL says where in which file a COPY failed, in CHAR columns.",
        "load_error_line_is_the_records_last": "An error's line_number is that of the last line of the JSON object.",
    },
    "c_SQL_functions_leader_node_only.html": {
        "system_catalog_apart_from_tables": "No statement reads both PG_CLASS or its like and a user's table.",
    },
    "c_serial_isolation.html": {
        "snapshot_isolation": "A transaction sees what was committed when its first reading statement began.",
    },
    "copy-parameters-data-conversion.html": {
        "copy_reads_empty_as_null_but_in_text": "COPY loads an empty string as null, except into text.",
        "copy_refuses_invalid_utf8": "COPY fails at bytes that are not UTF-8, unless it has to replace them.",
    },
    "copy-parameters-data-source-s3.html": {
        "copy_needs_the_buckets_region": "COPY fails if the bucket is not in the region that REGION names.",
    },
    "copy-usage_notes-copy-from-json.html": {
        "jsonpaths_as_many_as_columns": "COPY fails unless there are as many JSONPaths as columns, and pairs them.",
        "copy_keys_are_case_sensitive": "A JSONPath finds a key by its exact letters, and nothing is null.",
        "copy_ignores_other_keys": "COPY ignores keys that no JSONPath names.",
        "copy_refuses_records_over_4_mb": "COPY fails at a JSON object of more than 4 MB, which are 4,194,304 bytes.",
    },
    "loading-data-files-using-manifest.html": {
        "copy_fails_without_a_mandatory_file": "COPY fails if a mandatory file of its manifest is not there.",
        "copy_fails_without_files": "COPY fails if no file of its manifest is there, mandatory or not.",
    },
    "pattern-matching-conditions-posix.html": {
        "posix_patterns_anchor_and_count": "~ finds a pattern in a text, with ^, $, ?, +, {m,}, | and sets.",
    },
    "r_ATTACH_MASKING_POLICY.html": {
        "a_column_has_one_policy_for_a_role": "A second policy for the same column and role is refused.",
    },
    "r_CREATE_MASKING_POLICY.html": {
        "masking_policies_hold_for_a_role": "A policy attached for a role changes only what its users read.",
    },
    "r_Character_types.html": {
        "varchar_counts_bytes": "VARCHAR(n) and CHAR(n) hold n bytes, and a longer text is an error.",
        "varchar_without_length_is_256": "CAST to VARCHAR without a length holds 256 bytes at least.",
    },
    "r_DROP_MASKING_POLICY.html": {
        "attached_policies_cannot_be_dropped": "DROP MASKING POLICY fails while the policy is attached anywhere.",
    },
    "r_DROP_ROLE.html": {
        "drop_role_force_takes_it_from_users": "DROP ROLE with FORCE takes the role from its users first.",
    },
    "r_Dateparts_for_datetime_functions.html": {
        "extract_counts_sunday_as_zero": "EXTRACT(dow) is 0 on Sunday; EXTRACT(week) is ISO's; both are integers.",
    },
    "r_DATE_TRUNC.html": {
        "weeks_are_truncated_to_monday": "DATE_TRUNC returns a timestamp, for a week that of its Monday.",
    },
    "r_DATEDIFF_function.html": {
        "datediff_counts_days": "DATEDIFF by day between dates returns the number of days between them.",
    },
    "r_DELETE.html": {
        "delete_joins": "DELETE with USING deletes the rows that a joined table's rows meet, each once.",
    },
    "r_GRANT-usage-notes.html": {
        "copy_needs_assumerole": "COPY fails unless the user may assume its IAM role: by a grant, or as a superuser.",
        "roles_are_everybodys_until_taken_back": "A cluster's IAM roles may be assumed by all users, until a superuser "
        "revokes that.",
    },
    "r_HAVING_clause.html": {
        "aggregates_compare_with_a_subquery": "HAVING compares an aggregate with the value of a subquery.",
    },
    "r_FLOOR.html": {
        "floor_of_a_double_is_whole": "FLOOR returns the greatest whole number that is not greater.",
    },
    "r_VACUUM_command.html": {
        "vacuum_takes_a_table_outside_of_transactions": "VACUUM DELETE ONLY runs on a table, in no transaction.",
    },
    "r_WF_LAG.html": {
        "lag_and_lead_give_null_at_the_ends": "LAG is null for the first row of its partition, LEAD for the last.",
    },
    "r_DATEADD_function.html": {
        "dateadd_takes_integers": "DATEADD by an integer expression returns a timestamp, to the millisecond.",
    },
    "r_Examples_with_character_types.html": {
        "trailing_blanks_compare_equal": "Texts that differ only in trailing blanks compare as equal everywhere.",
    },
    "r_GRANT.html": {
        "grants_take_several_tables": "GRANT and REVOKE take several privileges on several tables, for a role.",
        "roles_grant_their_users": "A user may do what their role may, at once and as long as the role may.",
    },
    "r_LEN.html": {
        "len_counts_characters": "LEN counts characters, not bytes.",
    },
    "r_LOCK.html": {
        "lock_excludes_everyone": "LOCK waits until nobody uses the table, and holds it until the transaction ends.",
    },
    "r_Load_Error_Reference.html": {
        "copy_refuses_null_in_not_null": "COPY fails (1213) at a null or a missing key for a NOT NULL column.",
        "copy_refuses_text_over_its_bytes": "COPY fails (1204) at a text with more bytes than its column.",
        "copy_refuses_what_is_no_integer": "COPY fails (1207) at anything but an optional sign and digits.",
        "copy_refuses_integers_out_of_range": "COPY fails (1222) at an integer that its column does not hold.",
        "copy_refuses_what_is_no_double": "COPY fails (1208) at anything but a decimal number for a double.",
        "copy_refuses_unreadable_times_and_booleans": "COPY fails (1205, 1206, 1210) at what is not a time or boolean.",
    },
    "r_REPLACE.html": {
        "replace_replaces_everywhere": "REPLACE replaces every occurrence of a text, from the left, control characters "
        "of two bytes included.",
    },
    "REGEXP_REPLACE.html": {
        "regexp_replace_replaces_everywhere": "REGEXP_REPLACE replaces every match, of as many characters as possible, "
        "line ends included.",
    },
    "SPLIT_PART.html": {
        "split_part_returns_the_first_part": "SPLIT_PART returns what stands before a separator of several characters, "
        "or the whole text.",
    },
    "r_TRIM.html": {
        "trim_removes_blanks_alone": "TRIM removes the spaces at both ends, and no other character.",
    },
    "r_MD5.html": {
        "md5_is_hexadecimal": "MD5 returns 32 hexadecimal digits in lower case, of the UTF-8 bytes of a text "
        "with its trailing blanks.",
    },
    "t_Defining_constraints.html": {
        "keys_not_enforced": "Primary and foreign keys are not enforced.",
        "not_null_enforced": "NOT NULL is enforced, by INSERT and COPY.",
    },
}
_ASSUMED = {
    "backslash_escapes_in_literals": "A backslash in a literal escapes what follows it, so that \\\\ is one.",
    "conflicts_are_xx000": "A transaction that conflicts with another fails with XX000: 1023, or in words.",
    "copy_fails_whole": "With MAXERROR 0 the first bad record fails the COPY and its transaction; no row stays.",
    "copy_goes_on_at_the_next_line": "With MAXERROR COPY leaves out and reports a bad record, and goes on at the next "
    "line.",
    "copy_gzip_takes_nothing_else": "With GZIP a file that is not gzip, or breaks off, fails the COPY without a row.",
    "copy_loads_nested_values_as_json": "An object or an array under a text column is loaded as compact JSON.",
    "copy_loads_scalars_as_text": "Under a text column true is true, and integers of up to 18 digits are as written; "
    "-0 is -0 or 0, and other numbers, however they are written, have a point, an exponent, or more digits.",
    "copy_reads_objects_not_lines": "Objects may share a line or take several; each is a row.",
    "copy_refuses_a_byte_order_mark": "COPY fails at a byte order mark before the first object.",
    "copy_refuses_a_key_twice": "COPY fails at an object in which a key of the JSONPaths occurs twice.",
    "copy_refuses_deep_nesting": "COPY fails at an object nested more than 500 deep.",
    "copy_refuses_doubles_out_of_range": "COPY fails at a number that is infinite as a double.",
    "copy_refuses_lone_surrogates": "COPY fails at an escape that is half a character, wherever in the object.",
    "copy_refuses_nul": "COPY fails at \\u0000 in a text that it loads, and at a NUL byte.",
    "copy_refuses_other_blanks": "COPY fails at vertical tabs and form feeds around an object.",
    "copy_refuses_what_is_no_object": "COPY fails at a top-level value that is not an object.",
    "copy_refuses_what_is_not_json": "COPY fails at everything outside of JSON's grammar: NaN, trailing commas.",
    "copy_rolls_back": "What a COPY loads is rolled back with its transaction, and seen by others only after COMMIT.",
    "copy_skips_blank_lines": "Blank lines, of spaces, tabs and carriage returns, make no rows.",
    "copy_takes_nan_and_infinity_in_text": 'The texts "NaN", "inf" and "Infinity" are loaded into a double.',
    "ddl_rolls_back": "CREATE, COMMENT and DROP of a table are rolled back with their transaction.",
    "delete_compares_with_a_subquery": "DELETE, with USING or without, compares a column with the value of a subquery.",
    "comments_are_read_by_obj_description": "OBJ_DESCRIPTION returns the comment on a table of PG_CLASS.",
    "ended_session_is_57p01": "A session that an administrator ends gets the error 57P01.",
    "failed_transaction_takes_no_statement": "After an error a transaction accepts nothing but ROLLBACK (25P02).",
    "getdate_is_utc_in_seconds": "GETDATE() is a TIMESTAMP in UTC, without fractions, when its statement began.",
    "integer_division_truncates": "Integers divide to an integer, towards zero; % has the sign of the dividend.",
    "lines_scanned_counts_every_line": "lines_scanned counts blank lines too, and a last line without its LF.",
    "load_detail_cuts_names": "file_name is the first 256 bytes of the S3 address.",
    "load_detail_readable_at_once": "SYS_LOAD_DETAIL has a COPY's files as soon as it ends, in its transaction too.",
    "load_error_readable_after_rollback": "SYS_LOAD_ERROR_DETAIL keeps a failed COPY's error, by PG_BACKEND_PID().",
    "lock_comes_before_snapshot": "A transaction that begins with LOCK sees what was committed while it waited.",
    "lock_is_for_who_may_change": "LOCK needs UPDATE or DELETE on the table; SELECT and INSERT are not enough.",
    "lost_session_rolls_back": "A session whose client is gone rolls back at once and releases its locks.",
    "password_is_asked_for_inside_tls": "The password is asked for after TLS has begun: plain, MD5 or a digest.",
    "plain_connections_refused": "A client that does not ask for TLS is refused with 28000.",
    "starting_cluster_is_57p03": "A cluster that is starting refuses log-ins with 57P03, or does not listen yet.",
    "temporary_tables_are_the_sessions": "A temporary table survives COMMIT, and no other session sees it.",
    "text_order_is_bytewise": "Texts are ordered by their UTF-8 bytes.",
    "windows_over_aggregates": "A window function in a grouped query runs over its groups.",
    "the_platform_runs_from_end_to_end": "A range with dirt, a day again, songs after their plays, and insights: the "
    "platform's own statements make the rows that an oracle in Python expects.",
    "what_is_not_permitted_is_42501": "What a user may not do is refused with 42501.",
    "wrong_password_is_28000": "A wrong password is refused with 28000, as an unknown user is.",
}

ASSUMPTIONS = (
    *(
        Assumption(name, what, "documented", _GUIDE + page)
        for page, rows in _DOCUMENTED.items()
        for name, what in rows.items()
    ),
    *(Assumption(name, what, "assumed") for name, what in _ASSUMED.items()),
)
