import Glibc
import POSIX

CurrentProcess.openStandardDescriptors()
exit(BenchProgram.run(CurrentProcess.arguments(of: "chat-bench"), in: .process).rawValue)
