// The commands of the cold program: one function each, defined in tools/<name>_command.cc.
//
// argv[0] is the command's name, what follows are its own arguments. The return value is an exit code of tools/exit_code.h;
// an exception that leaves a command ends the program with kExitFailed (ConfigError: kExitUsage) and its text on stderr.
#pragma once

namespace tickgraph {

int ArbitrageCommand(int argc, char** argv);
int ArchiveCommand(int argc, char** argv);
int BookCommand(int argc, char** argv);
int BookFeaturesCommand(int argc, char** argv);
int DoctorCommand(int argc, char** argv);
int GenerateCommand(int argc, char** argv);
int InspectCommand(int argc, char** argv);
int OptionsCommand(int argc, char** argv);
int RecordCommand(int argc, char** argv);
int ReportCommand(int argc, char** argv);
int ServeCommand(int argc, char** argv);
int StatCommand(int argc, char** argv);
int VerifyCommand(int argc, char** argv);

}  // namespace tickgraph
