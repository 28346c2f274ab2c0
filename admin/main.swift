import Glibc
import POSIX

CurrentProcess.openStandardDescriptors()
exit(AdminProgram.run(CurrentProcess.arguments, in: .process).rawValue)
