// What passes through the mailbox of a resident kernel: a submission one way, its signals the other.
//
// In the flow: PersistentEngine encodes requests and decodes responses, resident_kernel.h the reverse. Pure functions. A request is a
// header line, then its definitions (two lines each), then its rows (three lines each); a response is a header line, then its signals
// (nine lines each). Both sides count positions, so nothing but the header needs to be waited for in order.
#pragma once

#include "hot/signal.h"
#include "kernels/mailbox.h"

namespace tickgraph {

struct RequestHeader {
  uint32_t definition_count, row_count;
};
struct ResponseHeader {
  uint32_t signal_count;      // that follow
  uint32_t found;             // with those beyond max_signals
  uint32_t contracts_priced;  // at most max_contracts
};

using RowRecord = LineRecord<9>;
using DefinitionRecord = LineRecord<6>;
using SignalRecord = LineRecord<sizeof(Signal) / sizeof(uint32_t)>;
static_assert(RowRecord::kLines == 3 && DefinitionRecord::kLines == 2 && sizeof(Signal) % sizeof(uint32_t) == 0);

TICKGRAPH_HD LinePayload ToLine(const RequestHeader& h) { return {{h.definition_count, h.row_count, 0}}; }
TICKGRAPH_HD LinePayload ToLine(const ResponseHeader& h) { return {{h.signal_count, h.found, h.contracts_priced}}; }
TICKGRAPH_HD RequestHeader ToRequest(const LinePayload& p) { return {p.word[0], p.word[1]}; }
TICKGRAPH_HD ResponseHeader ToResponse(const LinePayload& p) { return {p.word[0], p.word[1], p.word[2]}; }

TICKGRAPH_HD void PutWide(uint32_t* word, int64_t x) {
  word[0] = static_cast<uint32_t>(x);
  word[1] = static_cast<uint32_t>(static_cast<uint64_t>(x) >> 32);
}
TICKGRAPH_HD int64_t GetWide(const uint32_t* word) { return static_cast<int64_t>(static_cast<uint64_t>(word[1]) << 32 | word[0]); }

// An instrument's index has 31 bits here; the top bit is `tradable`.
TICKGRAPH_HD RowRecord ToRecord(const EngineRow& row) {
  RowRecord r;
  r.word[0] = row.instrument | (row.tradable != 0 ? 0x80000000u : 0u);
  PutWide(r.word + 1, row.top.bid_nanos);
  PutWide(r.word + 3, row.top.ask_nanos);
  PutWide(r.word + 5, row.top.bid_quantity);
  PutWide(r.word + 7, row.top.ask_quantity);
  return r;
}
TICKGRAPH_HD EngineRow ToRow(const RowRecord& r) {
  EngineRow row = {};
  row.instrument = r.word[0] & 0x7FFFFFFFu;
  row.tradable = r.word[0] >> 31;
  row.top.bid_nanos = GetWide(r.word + 1);
  row.top.ask_nanos = GetWide(r.word + 3);
  row.top.bid_quantity = GetWide(r.word + 5);
  row.top.ask_quantity = GetWide(r.word + 7);
  return row;
}

TICKGRAPH_HD DefinitionRecord ToRecord(const EngineInstrument& x) {
  DefinitionRecord r;
  r.word[0] = x.instrument;
  r.word[1] = x.product;
  r.word[2] = static_cast<uint32_t>(x.kind) | static_cast<uint32_t>(x.right) << 8 | static_cast<uint32_t>(x.venue) << 16;
  r.word[3] = x.expiration;
  PutWide(r.word + 4, x.strike_nanos);
  return r;
}
TICKGRAPH_HD EngineInstrument ToDefinition(const DefinitionRecord& r) {
  EngineInstrument x = {};
  x.instrument = r.word[0];
  x.product = r.word[1];
  x.kind = static_cast<InstrumentKind>(r.word[2] & 0xFFu);
  x.right = static_cast<OptionRight>(r.word[2] >> 8 & 0xFFu);
  x.venue = static_cast<VenueIndex>(r.word[2] >> 16);
  x.expiration = r.word[3];
  x.strike_nanos = GetWide(r.word + 4);
  return x;
}

TICKGRAPH_HD SignalRecord ToRecord(const Signal& signal) {
  SignalRecord r = {};
  __builtin_memcpy(r.word, &signal, sizeof signal);
  return r;
}
TICKGRAPH_HD Signal ToSignal(const SignalRecord& r) {
  Signal signal;
  __builtin_memcpy(&signal, r.word, sizeof signal);
  return signal;
}

}  // namespace tickgraph
