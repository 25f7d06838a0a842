"""The SDK as document 002 has it: client credentials, a flow with its declared inputs."""

from types import SimpleNamespace

import wire


class PureCloudPlatformClientV2:
    def __init__(self):
        self.session = None
        self.flows = SimpleNamespace(get_flow=self._get_flow)

    def login_client_credentials(self, client_id, client_secret, environment):
        form = {"grant_type": "client_credentials"}
        form |= {"client_id": client_id, "client_secret": client_secret}
        self.session = wire.Session(wire.sign_in(form, f"https://{environment}"))

    def get_access_token(self):
        return self.session.token

    def _get_flow(self, flow_id):
        flow = self.session.call("GET", f"/api/v2/flows/{flow_id}")
        inputs = [
            SimpleNamespace(name=one["name"], data_type=one["dataType"])
            for one in flow.inputDefinitions or []
        ]
        return SimpleNamespace(body=SimpleNamespace(input_definitions=inputs))
