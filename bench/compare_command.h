// `bench compare`: see compare_command.cc.
#pragma once

namespace tickgraph {

int CompareCommand(int argc, char** argv);

}  // namespace tickgraph
