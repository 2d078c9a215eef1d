"""moto in this process: started, emptied, read out and put back."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
from botocore.compat import accepts_kwargs
from botocore.useragent import sanitize_user_agent_string_component as sanitize
from moto import mock_aws
from moto.backends import get_backend
from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.model_instances import reset_model_data
from moto.core.utils import method_names_from_class

# The services that hold something.
_FILLED: list[Any] = vars(BackendDict)["_instances"]


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
    patched.setattr("moto.core.responses.method_names_from_class", cache(method_names_from_class))
    patched.setattr("botocore.useragent.sanitize_user_agent_string_component", cache(sanitize))
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
