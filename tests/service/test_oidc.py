"""Sign-in by an OpenID Connect provider: a stand-in of one, the whole way by HTTP."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.service.conftest import make_context
from web.app import create_app
from web.first import first_start
from workers.context import Context
from workers.store.tables import users


class Provider:
    """Discovery, keys and tokens; `nonce` is what the next token carries, `asked` what the client sent for it."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "k"}, private=True)
        self.nonce, self.asked = "", ""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def _say(self, body: dict[str, Any]) -> None:
                data = json.dumps(body).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self) -> None:
                at = outer.url
                if self.path == "/keys":
                    self._say({"keys": [outer.key.as_dict(private=False)]})
                else:
                    self._say({"issuer": at, "authorization_endpoint": f"{at}/authorize", "jwks_uri": f"{at}/keys",
                               "token_endpoint": f"{at}/token", "id_token_signing_alg_values_supported": ["RS256"]})  # fmt: skip

            def do_POST(self) -> None:
                outer.asked = self.rfile.read(int(self.headers["Content-Length"])).decode()
                now = int(time.time())
                claims = {"iss": outer.url, "sub": "s1", "aud": "us", "iat": now, "exp": now + 60,
                          "nonce": outer.nonce, "preferred_username": "王审计"}  # fmt: skip
                token = jwt.encode({"alg": "RS256", "kid": "k"}, claims, outer.key)
                self._say({"access_token": "a", "token_type": "Bearer", "id_token": token})

            def log_message(self, *_args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def provider() -> Iterator[Provider]:
    found = Provider()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def house(tmp_path: Path, provider: Provider) -> Iterator[Context]:
    opened = make_context(
        tmp_path / "data", oidc_issuer=provider.url, oidc_client_id="us", oidc_client_secret="secret",
        oidc_default_role="reviewer",
    )  # fmt: skip
    first_start(opened, "http://testserver", lambda _line: None)
    yield opened
    opened.close()


def sent_away(client: TestClient) -> dict[str, str]:
    """What the provider is asked for."""
    told = client.get("/sign-in/oidc", follow_redirects=False)
    assert told.status_code == 302
    return {k: v[0] for k, v in parse_qs(urlsplit(told.headers["location"]).query).items()}


def test_a_first_sign_in_makes_the_account_and_a_second_finds_it(house: Context, provider: Provider) -> None:
    for _time in range(2):
        with TestClient(create_app(house)) as client:
            asked = sent_away(client)
            assert asked["code_challenge_method"] == "S256" and asked["redirect_uri"].endswith("/sign-in/oidc/back")
            provider.nonce = asked["nonce"]
            back = client.get(f"/sign-in/oidc/back?code=c&state={asked['state']}", follow_redirects=False)
            assert (back.status_code, back.headers["location"]) == (303, "/")
            assert "code_verifier=" in provider.asked
            page = client.get("/queue", headers={"Accept": "text/html"})
            assert page.status_code == 200 and "王审计" in page.text
            assert client.get("/admin").status_code == 403
    with house.store.read() as c:
        found = c.execute(users.select().where(users.c.subject.is_not(None))).all()
    assert [(u.name, u.role) for u in found] == [("王审计", "reviewer")]


def test_a_strange_state_or_nonce_and_a_closed_account_are_refused(house: Context, provider: Provider) -> None:
    with TestClient(create_app(house), raise_server_exceptions=False) as client:
        sent_away(client)
        assert client.get("/sign-in/oidc/back?code=c&state=strange", follow_redirects=False).status_code == 403
        asked = sent_away(client)
        provider.nonce = "another"
        refused = client.get(f"/sign-in/oidc/back?code=c&state={asked['state']}", follow_redirects=False)
        assert refused.status_code == 403, refused.text
        assert client.get("/queue").status_code == 401
        asked = sent_away(client)
        provider.nonce = asked["nonce"]
        client.get(f"/sign-in/oidc/back?code=c&state={asked['state']}", follow_redirects=False)
        with house.store.write() as c:
            c.execute(users.update().where(users.c.subject.is_not(None)).values(active=False))
        asked = sent_away(client)
        provider.nonce = asked["nonce"]
        again = client.get(f"/sign-in/oidc/back?code=c&state={asked['state']}", follow_redirects=False)
        assert again.status_code == 403 and client.get("/queue").status_code == 401
