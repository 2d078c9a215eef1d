"""The refusal of a statement, as an error of Redshift's."""

# For errors without an SQLSTATE of their own on Redshift.
OTHER = "XX000"
SYNTAX_ERROR, NOT_SUPPORTED = "42601", "0A000"


class StatementRefused(Exception):
    """A statement that Redshift would refuse, or that the stand-in does not know; `code` is its SQLSTATE."""

    def __init__(self, message: str, code: str = NOT_SUPPORTED, detail: str = "") -> None:
        super().__init__(message)
        self.code, self.detail = code, detail
