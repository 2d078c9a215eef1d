"""How the contract's DDL is read, by sqlglot. What becomes of it is in the package's own module."""

import re
from collections.abc import Iterable
from typing import Any

import sqlglot
from sqlglot import exp

from sparkify_assets.errors import ContractError

_SOURCE = re.compile(r"\$\.(?P<key>\w+)(?: \((?P<least>\d+) to (?P<greatest>\d+)\))?: (?P<meaning>.+)", re.DOTALL)


def read_table(sql: str, place: str) -> dict[str, Any]:
    """Return the fields of a table, of its columns and of its foreign keys, by the names that they have there."""
    create, *comments = [statement for statement in sqlglot.parse(sql, read="redshift") if statement]
    if not isinstance(create, exp.Create) or not isinstance(create.this, exp.Schema):
        raise ContractError(
            f"model/{place} begins with {type(create).__name__}: expected CREATE TABLE with its columns"
        )
    target = create.this.this
    meanings = _read_comments(comments, target, place)
    definitions = list(create.this.find_all(exp.ColumnDef))
    missing = [d.name for d in definitions if d.name not in meanings] + ([] if "" in meanings else ["the table"])
    if missing:
        raise ContractError(f"model/{place} has no COMMENT ON {', '.join(missing)}: say what it means")
    return {
        "schema": target.db,
        "name": target.name,
        "meaning": meanings[""],
        "columns": [_read_column(definition, meanings[definition.name]) for definition in definitions],
        "primary_key": [
            column.name for key in create.this.find_all(exp.PrimaryKey) for column in key.find_all(exp.Identifier)
        ],
        "foreign_keys": [_read_foreign_key(key) for key in create.this.find_all(exp.ForeignKey)],
    }


def _read_comments(comments: Iterable[exp.Expr], target: exp.Table, place: str) -> dict[str, str]:
    """Return the comments by column; that on the table itself under the empty name."""
    meanings = {}
    for comment in comments:
        if not isinstance(comment, exp.Comment):
            raise ContractError(
                f"model/{place} holds {type(comment).__name__}: expected only COMMENT ON after the table"
            )
        about = [part.name for part in comment.this.parts]
        if about[:2] != [target.db, target.name]:
            raise ContractError(f"model/{place} comments on {'.'.join(about)}: expected {target.db}.{target.name}")
        meanings["".join(about[2:])] = comment.expression.name
    return meanings


def _read_column(definition: exp.ColumnDef, comment: str) -> dict[str, Any]:
    source = _SOURCE.fullmatch(comment)
    return {
        "name": definition.name,
        "type": definition.args["kind"].sql("redshift"),
        "nullable": not any(isinstance(c.kind, exp.NotNullColumnConstraint) for c in definition.constraints),
        "meaning": source["meaning"] if source else comment,
        "comment": comment,
        "source": source["key"] if source else None,
        "least": int(source["least"]) if source and source["least"] else None,
        "greatest": int(source["greatest"]) if source and source["greatest"] else None,
    }


def _read_foreign_key(key: exp.ForeignKey) -> dict[str, str]:
    referenced = key.args["reference"].this
    return {
        "column": key.expressions[0].name,
        "references": f"{referenced.this.db}.{referenced.this.name}",
        "referenced_column": referenced.expressions[0].name,
    }
