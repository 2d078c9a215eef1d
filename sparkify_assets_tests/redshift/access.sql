-- Who may do what, as Redshift's views show it, and its masking policies, which mask nothing here.

-- Users who may create roles count as users with the role sys:secadmin.
CREATE FUNCTION pg_catalog.is_secadmin() RETURNS boolean LANGUAGE sql STABLE AS $$
SELECT rolcreaterole OR rolsuper FROM pg_catalog.pg_roles WHERE rolname = SESSION_USER $$;

-- assumes: svv_user_grants_say_who_is_secadmin
CREATE VIEW pg_catalog.svv_user_grants AS
SELECT u.oid AS user_id, u.rolname::text AS user_name, r.oid AS role_id, r.rolname::text AS role_name, admin_option
FROM pg_auth_members JOIN pg_roles AS u ON u.oid = member JOIN pg_roles AS r ON r.oid = roleid
WHERE u.rolcanlogin AND u.rolname = SESSION_USER AND (inherit_option OR set_option)
UNION ALL
SELECT oid, rolname::text, 0, 'sys:secadmin', false FROM pg_roles WHERE rolname = SESSION_USER AND rolcreaterole;

-- assumes: svv_roles_show_every_role
CREATE VIEW pg_catalog.svv_roles AS
SELECT oid::integer AS role_id, rolname::text AS role_name, NULL::text AS role_owner, NULL::text AS external_id
FROM pg_roles WHERE NOT rolcanlogin AND oid >= 16384;

-- assumes: privileges_are_seen_by_who_administers_them
CREATE VIEW pg_catalog.svv_schema_privileges AS
SELECT
    nspname::text AS namespace_name, privilege_type, grantee::integer AS identity_id, rolname::text AS identity_name,
    CASE WHEN rolcanlogin THEN 'user' ELSE 'role' END AS identity_type, is_grantable AS admin_option,
    'SCHEMA' AS privilege_scope
FROM pg_namespace CROSS JOIN LATERAL aclexplode(nspacl) JOIN pg_roles ON pg_roles.oid = grantee
WHERE is_secadmin() OR pg_has_role(SESSION_USER, grantee, 'MEMBER');

CREATE VIEW pg_catalog.svv_relation_privileges AS
SELECT
    nspname::text AS namespace_name, relname::text AS relation_name, privilege_type, grantee::integer AS identity_id,
    rolname::text AS identity_name, CASE WHEN rolcanlogin THEN 'user' ELSE 'role' END AS identity_type,
    is_grantable AS admin_option
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace CROSS JOIN LATERAL aclexplode(relacl)
JOIN pg_roles ON pg_roles.oid = grantee
WHERE relkind IN ('r', 'v') AND (is_secadmin() OR pg_has_role(SESSION_USER, grantee, 'MEMBER'));

-- A database begins as a superuser leaves it who has taken the IAM roles back from everybody.
CREATE TABLE pg_catalog.iam_privilege (iam_arn text, command_type text, identity_name text, identity_type text);
INSERT INTO pg_catalog.iam_privilege VALUES
('ALL', 'COPY', 'loader', 'user'), ('ALL', 'COPY', 'sparkify_loader', 'role');

-- assumes: roles_are_everybodys_until_taken_back
CREATE VIEW pg_catalog.svv_iam_privileges AS
SELECT * FROM iam_privilege WHERE identity_type = 'public' OR identity_name = SESSION_USER OR (
    SELECT rolsuper FROM pg_roles WHERE rolname = SESSION_USER
);
GRANT SELECT ON pg_catalog.svv_iam_privileges TO PUBLIC;

CREATE FUNCTION pg_catalog.may_assume(role text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER AS $$
SELECT (SELECT rolsuper FROM pg_roles WHERE rolname = SESSION_USER) OR EXISTS (
    SELECT FROM iam_privilege WHERE command_type = 'COPY' AND iam_arn IN ('ALL', role) AND (
        identity_type = 'public' OR identity_name = SESSION_USER OR identity_name IN (
            SELECT rolname FROM pg_roles WHERE pg_has_role(SESSION_USER, oid, 'MEMBER')
        )
    )
) $$;

CREATE PROCEDURE pg_catalog.permit_assumerole() LANGUAGE plpgsql AS $$
BEGIN
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = SESSION_USER) THEN
        RAISE insufficient_privilege USING MESSAGE = 'must be superuser to grant or revoke ASSUMEROLE';
    END IF;
END $$;

CREATE PROCEDURE pg_catalog.revoke_assumerole() LANGUAGE plpgsql AS $$
BEGIN
    CALL permit_assumerole();
    DELETE FROM iam_privilege WHERE identity_type = 'public';
END $$;

CREATE PROCEDURE pg_catalog.grant_assumerole(iam_arn text, grantee text, kind text) LANGUAGE plpgsql AS $$
BEGIN
    CALL permit_assumerole();
    PERFORM grantee::regrole;
    INSERT INTO iam_privilege VALUES (iam_arn, 'COPY', grantee, kind);
END $$;

CREATE TABLE pg_catalog.masking_policy (name text PRIMARY KEY, type text NOT NULL, expression text NOT NULL);
CREATE TABLE pg_catalog.attached_masking_policy (
    policy text REFERENCES masking_policy, relation regclass, column_name text, grantee text,
    PRIMARY KEY (relation, column_name, grantee)
);

-- assumes: masking_views_are_for_secadmins
CREATE VIEW pg_catalog.svv_masking_policy AS
SELECT current_database()::text AS policy_database, name AS policy_name, expression AS policy_expression
FROM masking_policy WHERE is_secadmin();

CREATE VIEW pg_catalog.svv_attached_masking_policy AS
SELECT
    policy AS policy_name, nspname::text AS schema_name, relname::text AS table_name, grantee, 'role' AS grantee_type,
    0 AS priority, json_build_array(column_name)::text AS output_columns
FROM attached_masking_policy JOIN pg_class ON pg_class.oid = relation
JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE is_secadmin();

GRANT SELECT ON pg_catalog.svv_user_grants, pg_catalog.svv_roles, pg_catalog.svv_schema_privileges,
pg_catalog.svv_relation_privileges, pg_catalog.svv_masking_policy, pg_catalog.svv_attached_masking_policy TO PUBLIC;

CREATE PROCEDURE pg_catalog.permit_masking() LANGUAGE plpgsql AS $$
BEGIN
    IF NOT is_secadmin() THEN
        RAISE insufficient_privilege USING MESSAGE = 'permission denied for masking policies';
    END IF;
END $$;

CREATE PROCEDURE pg_catalog.create_masking_policy(policy text, type text, expression text)
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    CALL permit_masking();
    -- The expression is evaluated once, to see whether it can be.
    EXECUTE expression;
    INSERT INTO masking_policy VALUES (policy, type, expression);
EXCEPTION WHEN unique_violation THEN
    RAISE duplicate_object USING MESSAGE = format('masking policy "%s" already exists', policy);
END $$;

-- Redshift reportedly accepts any input type; here it has to be the column's type, as documented.
CREATE PROCEDURE pg_catalog.attach_masking_policy(name text, relation regclass, attached_to text, role text)
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    CALL permit_masking();
    PERFORM role::regrole;
    IF NOT EXISTS (
        SELECT FROM masking_policy AS p JOIN pg_attribute ON attrelid = relation AND attname = attached_to
        WHERE p.name = attach_masking_policy.name AND format_type(atttypid, atttypmod)
            = replace(replace(lower(type), 'varchar(', 'character varying('), 'char(', 'character(')
    ) THEN
        RAISE undefined_object USING MESSAGE = format('no masking policy %s for %s of %s', name, attached_to, relation);
    END IF;
    -- assumes: a_column_has_one_policy_for_a_role
    IF EXISTS (
        SELECT FROM attached_masking_policy AS a WHERE a.relation = attach_masking_policy.relation
            AND column_name = attached_to AND (grantee = role OR policy <> name)
    ) THEN
        RAISE duplicate_object USING MESSAGE = format('%s of %s has a masking policy already', attached_to, relation);
    END IF;
    INSERT INTO attached_masking_policy VALUES (name, relation, attached_to, role);
END $$;

CREATE PROCEDURE pg_catalog.detach_masking_policy(name text, relation regclass, attached_to text, role text)
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    CALL permit_masking();
    DELETE FROM attached_masking_policy AS a
    WHERE policy = name AND a.relation = detach_masking_policy.relation AND column_name = attached_to AND grantee = role;
    IF NOT FOUND THEN
        RAISE undefined_object USING MESSAGE = format('masking policy %s is not on %s of %s', name, attached_to, relation);
    END IF;
END $$;

CREATE PROCEDURE pg_catalog.drop_masking_policy(policy text) LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    CALL permit_masking();
    DELETE FROM attached_masking_policy WHERE NOT EXISTS (SELECT FROM pg_class WHERE oid = relation);
    DELETE FROM masking_policy WHERE name = drop_masking_policy.policy;
    IF NOT FOUND THEN
        RAISE undefined_object USING MESSAGE = format('masking policy "%s" does not exist', policy);
    END IF;
EXCEPTION WHEN foreign_key_violation THEN
    -- assumes: attached_policies_cannot_be_dropped
    RAISE dependent_objects_still_exist USING MESSAGE = format('masking policy "%s" is still attached', policy);
END $$;
