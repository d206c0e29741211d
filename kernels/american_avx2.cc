// american_body.h for one instruction set; its flags stand in CMakeLists.txt. Reached only through the table that american.cc chooses.
#define TICKGRAPH_AMERICAN_NAMESPACE american_avx2
#include "kernels/american_body.h"

namespace tickgraph {

const AmericanLoops& Avx2AmericanLoops() { return american_avx2::kTable; }

}  // namespace tickgraph
