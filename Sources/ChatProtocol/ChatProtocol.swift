// ChatProtocol
