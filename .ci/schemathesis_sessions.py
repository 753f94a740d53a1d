"""Keeps the two sessions of schemathesis.toml alive: access tokens end after 15 minutes. Knows what a PDF is."""

import os

import requests
import schemathesis
from hypothesis import strategies

# Nothing, something, and what begins and ends like one.
schemathesis.openapi.media_type(
    "application/pdf", strategies.sampled_from([b"", b"no document", b"%PDF-1.4\n%%EOF\n"])
)

OF_STAFF = r"/(staff|admin)/|/second-factor"


class Session:
    def __init__(self, refresh_token):
        self.refresh_token = refresh_token

    def get(self, case, context):
        url = os.environ["RATHAUS"] + "/v1/auth/sessions/refresh"
        answer = requests.post(url, json={"refresh_token": self.refresh_token}, timeout=10)
        answer.raise_for_status()
        self.refresh_token = answer.json()["refresh_token"]
        return answer.json()["access_token"]

    def set(self, case, access_token, context):
        case.headers["Authorization"] = f"Bearer {access_token}"


@schemathesis.auth(refresh_interval=600).apply_to(path_regex=OF_STAFF)
class Staff(Session):
    def __init__(self):
        super().__init__(os.environ["STAFF_REFRESH_TOKEN"])


@schemathesis.auth(refresh_interval=600).skip_for(path_regex=OF_STAFF)
class Citizen(Session):
    def __init__(self):
        super().__init__(os.environ["CITIZEN_REFRESH_TOKEN"])
