import Glibc
import POSIX

CurrentProcess.openStandardDescriptors()
exit(ClientProgram.run(CurrentProcess.arguments(of: "chat")).rawValue)
