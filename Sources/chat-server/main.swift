import ChatServer
import Glibc
import POSIX

CurrentProcess.openStandardDescriptors()
exit(ServerProgram.run(CurrentProcess.arguments(of: "chat-server")).rawValue)
