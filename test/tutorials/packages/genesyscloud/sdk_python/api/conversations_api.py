class ConversationsApi:
    def __init__(self, client):
        self.client = client

    def update_conversation_participant(
        self, conversation_id, participant_id, conversation_participant
    ):
        path = f"/api/v2/conversations/{conversation_id}/participants/{participant_id}"
        return self.client.login().call("PATCH", path, body=vars(conversation_participant))
