"""Alerts: a text to a webhook, in the format that Slack takes.

The webhook's address is a secret, since whoever has it can post there: it is read when it is used, and shown nowhere.
"""

import json
import logging
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from sparkify_assets.report.visible import visible
from sparkify_assets.settings import read_webhook

_SECONDS = 10
_LONGEST = 2_000
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_log = logging.getLogger("sparkify_assets.orchestration.alerts")


def alert(text: str) -> bool:
    """Post a text, if there is a webhook. Return whether it was accepted; a failure is logged, and nothing else."""
    webhook = read_webhook()
    if not webhook:
        return False
    try:
        _post(webhook, visible(text[:_LONGEST]))
    except HTTPError as error:
        _log.warning("SPARKIFY_ALERT_WEBHOOK did not accept an alert: it answered %s", error.code)
    except (OSError, ValueError) as error:
        # Not the error itself, which may contain the address.
        _log.warning("SPARKIFY_ALERT_WEBHOOK could not be reached: %s: check the address", type(error).__name__)
    else:
        return True
    return False


def _post(webhook: str, text: str) -> None:
    parts = urlsplit(webhook)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise ValueError("expected https")
    # Slack reads `<!channel>` and `<https://…|text>` as markup, and takes it for text when it is escaped like this:
    # https://api.slack.com/docs/message-formatting
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    body = json.dumps({"text": escaped, "mrkdwn": False}).encode()
    request = Request(webhook, data=body, headers={"Content-Type": "application/json"})  # noqa: S310
    with urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
        answer.read()
