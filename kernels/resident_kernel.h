// The kernel that stays on the device, as a body: it waits in its mailbox, runs the three stages, answers, and waits again.
//
// In the flow: cuda_persistent_engine.cu launches it; the tests run it on a thread of the host. Block 0 is the master: it alone reads the
// mailbox, and does a small submission by itself. For a large one it wakes the other blocks, which then price with it. Its polling keeps
// the device from falling asleep. Every wait ends when the host says stop; a block that is told so leaves, and the master says so last.
#pragma once

#include "kernels/grid_stages.h"
#include "kernels/resident_messages.h"

namespace tickgraph {

// From here on the helper blocks are worth waking: two passes over device memory, against a pass of the master over this many contracts.
inline constexpr uint32_t kMasterLanes = 4 * kBlockThreads;
inline constexpr uint32_t kPollsBetweenStopChecks = 64;

// Words in device memory between the master and its helpers; zero at first.
struct ResidentControl {
  alignas(64) uint32_t work;  // rounds of pricing begun
  alignas(64) uint32_t done;  // blocks that finished theirs, over all rounds
  alignas(64) uint32_t stop;
  alignas(64) GridInput input;  // of the round
};

// Everything the kernel is launched with.
struct ResidentArguments {
  EngineState state;
  Mailbox mailbox;
  ResidentControl* control;
  EngineRow* rows;                // room for a submission, in device memory
  EngineInstrument* definitions;  // room for max_instruments
};

struct ResidentShared {
  FeaturesShared features;
  ScanShared scan;
  LinePayload early[kWarpLanes];  // the lines that came with the header
  uint32_t early_mask;
  uint32_t stop_before, stop_within;  // told to stop while waiting for a request; in the middle of one
};

// The first warp waits for a header, each lane at one of the next 32 lines: a small request is then in with one trip over the bus. They
// belong to this request if they are of this lap, for the next is not written before this one is answered.
template <class Block>
TICKGRAPH_BODY void AwaitHeader(Block& block, const Mailbox& box, uint64_t position, ResidentShared& shared) {
  const uint32_t lane = block.thread();
  LinePayload payload;
  uint32_t mask = 0, stop = 0;
  for (uint32_t polls = 1; (mask & 1) == 0 && stop == 0; ++polls) {
    if (polls != 1) block.Pause();
    mask = block.Ballot(box.request.Read(position + lane, &payload));
    if (polls % kPollsBetweenStopChecks == 0) stop = block.Shuffle(lane == 0 ? LoadFlag(&box.control->stop) : 0, 0);
  }
  if ((mask >> lane & 1) != 0) shared.early[lane] = payload;
  if (lane != 0) return;
  shared.early_mask = mask;
  shared.stop_before = (mask & 1) == 0 ? 1 : 0;
  shared.stop_within = 0;
}

// Line `index` of the request at `position`. False: told to stop before it came.
template <class Block>
TICKGRAPH_BODY bool AwaitLine(Block& block, const Mailbox& box, uint64_t position, uint64_t index, const ResidentShared& shared,
                              LinePayload* payload) {
  if (index < kWarpLanes && (shared.early_mask >> index & 1) != 0) {
    *payload = shared.early[index];
    return true;
  }
  for (uint32_t polls = 1; !box.request.Read(position + index, payload); ++polls) {
    if (polls % kPollsBetweenStopChecks == 0 && LoadFlag(&box.control->stop) != 0) return false;
    block.Pause();
  }
  return true;
}

template <class Block, class Record>
TICKGRAPH_BODY bool AwaitRecord(Block& block, const Mailbox& box, uint64_t position, uint64_t index, const ResidentShared& shared,
                                Record* record) {
  bool whole = true;
  for (uint32_t i = 0; i < Record::kLines && whole; ++i) {
    LinePayload p = {};
    whole = AwaitLine(block, box, position, index + i, shared, &p);
    for (uint32_t w = 0; w < kLineWords; ++w) record->word[kLineWords * i + w] = p.word[w];
  }
  return whole;
}

// The master takes in a request, every thread with records of its own. False: stop.
template <class Block>
TICKGRAPH_BODY bool FetchRequest(Block& block, const ResidentArguments& a, uint64_t position, ResidentShared& shared,
                                 RequestHeader* header) {
  if (block.thread() < kWarpLanes) AwaitHeader(block, a.mailbox, position, shared);
  block.Barrier();
  if (shared.stop_before != 0) return false;
  *header = ToRequest(shared.early[0]);
  uint64_t index = 1;
  bool whole = true;
  for (uint32_t i = block.thread(); i < header->definition_count && whole; i += block.threads()) {
    DefinitionRecord r;
    whole = AwaitRecord(block, a.mailbox, position, index + uint64_t{i} * DefinitionRecord::kLines, shared, &r);
    if (whole) a.definitions[i] = ToDefinition(r);
  }
  index += uint64_t{header->definition_count} * DefinitionRecord::kLines;
  for (uint32_t i = block.thread(); i < header->row_count && whole; i += block.threads()) {
    RowRecord r;
    whole = AwaitRecord(block, a.mailbox, position, index + uint64_t{i} * RowRecord::kLines, shared, &r);
    if (whole) a.rows[i] = ToRow(r);
  }
  if (!whole) block.Store(&shared.stop_within, 1);
  block.Barrier();
  return shared.stop_within == 0;
}

// How many lanes pricing has: contracts of chains that moved, and rows.
TICKGRAPH_HD uint32_t PricingLanes(const EngineState& s, uint32_t row_count) {
  uint32_t lanes = row_count;
  for (uint32_t t = 0; t < s.scalars->touched_count; ++t) {
    const ProductState& product = s.products[s.touched[t]];
    lanes += product.mid_changed != 0 ? 2 * product.pair_count : 0;
  }
  return lanes;
}

// One round of pricing by all blocks, as the master sees it. Helpers always finish a round they began, so this wait needs no stop.
template <class Block>
TICKGRAPH_BODY void PriceWithHelpers(Block& block, const ResidentArguments& a, EngineState& s, const GridInput& in, uint32_t round) {
  if (block.thread() == 0) {
    a.control->input = in;
    block.Store(&a.control->work, round);
  }
  PriceChains(block.thread(), block.threads() * block.blocks(), s, in);
  if (block.thread() == 0) {
    while (block.Load(&a.control->done) != round * (block.blocks() - 1)) block.Pause();
  }
  block.Barrier();
}

template <class Block>
TICKGRAPH_BODY void HelperBody(Block& block, const ResidentArguments& a, EngineState& s, ResidentShared& shared) {
  for (uint32_t round = 1;; ++round) {
    if (block.thread() == 0) {
      uint32_t stop = 0;
      while (block.Load(&a.control->work) != round && stop == 0) {
        block.Pause();
        stop = block.Load(&a.control->stop);
      }
      shared.stop_before = stop;
    }
    block.Barrier();
    if (shared.stop_before != 0) return;
    const GridInput in = a.control->input;
    PriceChains(block.block() * block.threads() + block.thread(), block.threads() * block.blocks(), s, in);
    block.Barrier();
    if (block.thread() == 0) block.Add(&a.control->done, 1);
  }
}

template <class Block>
TICKGRAPH_BODY void MasterBody(Block& block, const ResidentArguments& a, EngineState& s, ResidentShared& shared) {
  uint64_t read = 0, written = 0;
  uint32_t round = 0;
  RequestHeader h;
  for (uint64_t sequence = 1; FetchRequest(block, a, read, shared, &h); ++sequence) {
    read += 1 + uint64_t{h.definition_count} * DefinitionRecord::kLines + uint64_t{h.row_count} * RowRecord::kLines;
    const GridInput in = {sequence, h.row_count, h.definition_count, a.rows, a.definitions};
    FeaturesBody(block, s, in, shared.features);
    block.Barrier();
    if (block.blocks() > 1 && PricingLanes(s, h.row_count) > kMasterLanes) {
      PriceWithHelpers(block, a, s, in, ++round);
    } else {
      PriceChains(block.thread(), block.threads(), s, in);
      block.Barrier();
    }
    const MailboxRing& out = a.mailbox.response;
    const ScanTotals totals = ScanBody(block, s, shared.scan, [&](uint32_t at, const Signal& signal) {
      ToRecord(signal).WriteTo(out, written + 1 + uint64_t{at} * SignalRecord::kLines);
    });
    const uint32_t sent = totals.found < s.config.max_signals ? totals.found : s.config.max_signals;
    if (block.thread() == 0) out.Write(written, ToLine(ResponseHeader{sent, totals.found, totals.priced}));
    written += 1 + uint64_t{sent} * SignalRecord::kLines;
  }
  if (block.thread() != 0) return;
  block.Store(&a.control->stop, 1);
  StoreFlag(&a.mailbox.control->stopped, 1);
}

template <class Block>
TICKGRAPH_BODY void ResidentBody(Block& block, const ResidentArguments& a, ResidentShared& shared) {
  // The state's pointers and capacities are constant; what they point to is not.
  EngineState& s = const_cast<EngineState&>(a.state);
  if (block.block() == 0) {
    MasterBody(block, a, s, shared);
  } else {
    HelperBody(block, a, s, shared);
  }
}

// Lines that the largest request and the largest response of a configuration take.
inline uint64_t MostRequestLines(const EngineConfig& c) {
  return 1 + uint64_t{c.max_instruments} * (RowRecord::kLines + DefinitionRecord::kLines);
}
inline uint64_t MostResponseLines(const EngineConfig& c) { return 1 + uint64_t{c.max_signals} * SignalRecord::kLines; }

}  // namespace tickgraph
