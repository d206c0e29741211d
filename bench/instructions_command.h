// `bench --instructions`: see instructions_command.cc.
#pragma once

namespace tickgraph {

int InstructionsCommand(int argc, char** argv);

}  // namespace tickgraph
