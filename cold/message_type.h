// How a venue names its message types, from the number or letter that stands on the tape.
//
// In the flow: the events table asks once a row. ITCH, OPRA and IEX have letters, CME template numbers, Databento schemas, the crypto
// venues words.
#pragma once

#include "hot/types.h"

namespace tickgraph {

InstrumentName MessageTypeName(FeedProtocol protocol, char type);

}  // namespace tickgraph
