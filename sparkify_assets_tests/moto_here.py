"""moto in this process: started, emptied, read out and put back. Other processes reach it over loopback."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from functools import cache
from threading import Thread
from typing import Any

import pytest
from botocore import handlers
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import accepts_kwargs
from botocore.endpoint_provider import RuleSet
from botocore.hooks import EventAliaser
from botocore.useragent import sanitize_user_agent_string_component as sanitize
from moto import backends, mock_aws
from moto.backends import get_backend
from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse
from moto.core.model_instances import reset_model_data
from moto.core.utils import method_names_from_class
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

# The services that hold something.
_FILLED: list[Any] = vars(BackendDict)["_instances"]
# The addresses at which this process serves AWS to others.
_SERVED: set[str] = set()


@contextmanager
def serving() -> Iterator[str]:
    """The address of an AWS that lives as long as the context. This process reaches S3 there without a connection,
    which takes a third of the time."""
    with pytest.MonkeyPatch.context() as patched:
        _hasten(patched)
        # Nobody needs the list of machine images, and every reset would read it again.
        patched.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        app = DomainDispatcherApplication(create_backend_app)
        with make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet) as server:
            thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
            thread.start()
            address = f"http://127.0.0.1:{server.server_port}"
            _SERVED.add(address)
            yield address
            _SERVED.remove(address)
            server.shutdown()
            thread.join()


class _Quiet(MotoRequestHandler):
    """Clients keep their connections, as with AWS; and nobody reads a log of requests."""

    protocol_version = "HTTP/1.1"

    def log_request(self, *_: object) -> None:
        pass


def _answer_here(request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse | None:
    """Answer a request to S3 that would come back to this process."""
    scheme, _, host, path = request.url.split("/", 3)
    if f"{scheme}//{host}" not in _SERVED or not event_name.startswith("before-send.s3."):
        return None
    there = copy(request)
    there.url = f"https://s3.amazonaws.com/{path}"
    answer = BotocoreStubber().process_request(there)
    assert answer is not None, request.url
    status, headers, body = answer
    return AWSResponse(request.url, status, headers, MockRawResponse(body))


# After the handlers of tests, which answer in place of AWS: those of one service come first, the last ones last.
handlers.BUILTIN_HANDLERS.append(("before-send", _answer_here, handlers.REGISTER_LAST))


@contextmanager
def running() -> Iterator[None]:
    """While the context lasts, AWS is moto."""
    with pytest.MonkeyPatch.context() as patched, mock_aws():
        _hasten(patched)
        yield
        # moto's reset at the end would create everything again before it drops it.
        forget()


def _hasten(patched: pytest.MonkeyPatch) -> None:
    """What moto and botocore work out anew for each request or session, though it never changes, is worked out once."""
    read, urls = vars(BaseBackend)["urls"].fget, dict[type, Any]()

    def read_once(service: BaseBackend) -> Any:
        if type(service) not in urls:
            urls[type(service)] = read(service)
        return urls[type(service)]

    patched.setattr(BaseBackend, "urls", property(read_once))
    services = list(backends.list_of_moto_modules())
    patched.setattr(backends, "list_of_moto_modules", lambda: services)
    patched.setattr("moto.core.responses.method_names_from_class", cache(method_names_from_class))
    patched.setattr("botocore.useragent.sanitize_user_agent_string_component", cache(sanitize))
    alias, names = EventAliaser._alias_event_name, dict[str, str]()

    def alias_once(aliaser: EventAliaser, name: str) -> str:
        if name not in names:
            names[name] = alias(aliaser, name)
        return names[name]

    patched.setattr(EventAliaser, "_alias_event_name", alias_once)
    # By the rules as they were read, which `aws.py` keeps.
    rules: dict[int, tuple[Any, RuleSet]] = {}

    def rules_once(**read: Any) -> RuleSet:
        if id(read["rules"]) not in rules:
            rules[id(read["rules"])] = (read, RuleSet(**read))
        return rules[id(read["rules"])][1]

    patched.setattr("botocore.endpoint_provider.RuleSet", rules_once)
    takes_all = cache(accepts_kwargs)
    patched.setattr("botocore.hooks.accepts_kwargs", lambda called: takes_all(getattr(called, "__func__", called)))


def forget() -> None:
    """Empty every service. (moto's reset first fills each anew, with VPCs, subnets and more, and then drops it.)"""
    for services in _FILLED:
        if services.service_name == "s3":
            # Which closes the files of its objects.
            for each in services.values():
                each.reset()
        services.clear()
    _FILLED.clear()
    reset_model_data()


def resources() -> list[Any]:
    """What moto holds: of each service, by account and region; and of S3, whose each bucket is."""
    return [
        (services.service_name, {account: dict(regions) for account, regions in services.items()},
         getattr(services, "bucket_accounts", {}))
        for services in _FILLED
    ]  # fmt: skip


def put_back(resources: list[Any]) -> None:
    forget()
    for service, by_account, bucket_accounts in resources:
        services: Any = get_backend(service)
        for account, regions in by_account.items():
            services[account].update(regions)
        if bucket_accounts:
            services.bucket_accounts.update(bucket_accounts)
