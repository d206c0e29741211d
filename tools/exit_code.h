// The exit codes of every command, the same everywhere.
#pragma once

namespace tickgraph {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;    // command line or configuration
inline constexpr int kExitDamaged = 3;  // done, but something was lost or damaged on the way in; what was good is kept

}  // namespace tickgraph
