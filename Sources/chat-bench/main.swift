import Glibc
import POSIX

CurrentProcess.openStandardDescriptors()
exit(BenchProgram.run(CurrentProcess.arguments, in: .process).rawValue)
