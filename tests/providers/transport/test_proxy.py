"""Which proxy, for whom, as the environment says."""

import pytest

from wye.catalog.deployments import LOOPBACK, Endpoint
from wye.providers.transport.proxy import ProxySettings

PROXY = "http://proxy.example:3128"


@pytest.mark.parametrize(
    ("no_proxy", "host", "direct"),
    [
        ("", "api.example", False),
        ("*", "api.example", True),
        ("api.example", "api.example", True),
        ("API.Example.", "api.example", True),
        ("example", "api.example", True),
        (".api.example", "x.api.example", True),
        ("*.api.example", "x.api.example", True),
        ("pi.example", "api.example", False),
        ("api.example:443", "api.example", True),
        ("api.example:8443", "api.example", False),
        (" a, ,api.example ", "api.example", True),
        ("8.8.0.0/16", "8.8.4.4", True),
        ("8.8.4.4", "8.8.4.4", True),
        ("8.9.0.0/16", "8.8.4.4", False),
        ("[2606:4700::]/32", "2606:4700::1", False),
        ("2606:4700::/32", "2606:4700::1", True),
        ("8.8.0.0/16", "api.example", False),
    ],
)
def test_no_proxy(no_proxy: str, host: str, *, direct: bool) -> None:
    settings = ProxySettings.from_environ({"HTTPS_PROXY": PROXY, "NO_PROXY": no_proxy})
    assert (settings.choose(Endpoint("https", host, 443)) is None) == direct


def test_each_scheme_has_its_own_proxy() -> None:
    settings = ProxySettings.from_environ({"https_proxy": PROXY, "HTTPS_PROXY": "http://other:1"})
    chosen = settings.choose(Endpoint("https", "api.example", 443))
    assert chosen is not None
    assert (chosen.host, chosen.port, chosen.credentials) == ("proxy.example", 3128, None)
    assert settings.choose(Endpoint("http", "api.example", 80)) is None
    assert settings.choose(Endpoint("https", "127.0.0.1", 443, networks=LOOPBACK)) is None


def test_credentials_are_never_shown() -> None:
    settings = ProxySettings.from_environ({"HTTPS_PROXY": "http://me:hunter2@proxy.example:3128"})
    assert "hunter2" not in repr(settings)
    assert settings.https is not None
    assert settings.https.credentials is not None
    with pytest.raises(ValueError, match=r"^HTTPS_PROXY must be http://") as caught:
        ProxySettings.from_environ({"HTTPS_PROXY": "socks5://me:hunter2@proxy.example"})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://me:hun/ter2@proxy.example:3128",
        "http://me:hun#ter2@proxy.example:3128",
        "http://me:443/ter2@proxy.example",
        "http://me:443?hun@proxy.example",
        "http://me:hunter2@ho\u2100t:3128",
        "http://me:hunter2@[::1:3128",
        "http://me:hunter2@proxy.example:0",
        "http://me:hunter2@proxy.example:99999",
        "http://me:hunter2@proxy.example:hunter2",
    ],
)
def test_a_proxy_that_is_none_is_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match=r"^HTTP_PROXY must be http://") as caught:
        ProxySettings.from_environ({"HTTP_PROXY": url})
    assert "hun" not in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_nothing_set_means_direct() -> None:
    assert ProxySettings.from_environ({}) == ProxySettings()
