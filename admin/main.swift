import Glibc
import POSIX

CurrentProcess.openStandardDescriptors()
exit(AdminProgram.run(CurrentProcess.arguments(of: "chat-admin"), in: .process).rawValue)
