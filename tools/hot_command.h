// The commands of the hot program; see tools/command.h for the convention.
#pragma once

namespace tickgraph {

int ReplayCommand(int argc, char** argv);
int RunLiveCommand(int argc, char** argv);

}  // namespace tickgraph
