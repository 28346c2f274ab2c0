import Glibc

exit(ClientProgram.run(CommandLine.arguments).rawValue)
