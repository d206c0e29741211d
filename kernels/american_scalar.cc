// american_body.h for one instruction set; its flags stand in CMakeLists.txt. Reached only through the table that american.cc chooses.
#define TICKGRAPH_AMERICAN_NAMESPACE american_scalar
#include "kernels/american_body.h"

namespace tickgraph {

const AmericanLoops& ScalarAmericanLoops() { return american_scalar::kTable; }

}  // namespace tickgraph
