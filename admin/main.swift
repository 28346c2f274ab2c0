print("chat-admin")
