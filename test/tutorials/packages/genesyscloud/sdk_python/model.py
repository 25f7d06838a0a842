from wire import Fields


class ConversationParticipant(Fields):
    pass
