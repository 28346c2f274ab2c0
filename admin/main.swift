import Glibc

exit(AdminProgram.run(Array(CommandLine.arguments.dropFirst()), in: .process).rawValue)
