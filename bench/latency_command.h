// `bench latency`: see latency_command.cc.
#pragma once

namespace tickgraph {

int LatencyCommand(int argc, char** argv);

}  // namespace tickgraph
